"""An invented school to try the service with. Every name, number and address is invented."""
