"""Documents built once and rendered as HTML, PDF and SVG."""
