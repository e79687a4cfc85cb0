"""Printed documents: a page as data, rendered as HTML, PDF and SVG."""
