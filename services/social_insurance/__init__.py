"""Social insurance: health cards."""
