# Everything is done by `dev`, so that a machine without make can do it too: python3 dev run
PYTHON ?= python3

.PHONY: help install run test check coverage lint format bench lock openapi
help install run test check coverage lint format bench lock openapi:
	@$(PYTHON) dev $@
.DEFAULT_GOAL := help
