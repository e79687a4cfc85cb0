"""The policy's flowchart on when and how to share, as SVG and as text."""
