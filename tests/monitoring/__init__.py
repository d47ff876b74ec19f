"""What watches the system: rules, alerts, runbooks and dashboards, as files."""
