"""Social insurance: health cards, funeral allowances and burial support."""
