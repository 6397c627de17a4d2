# SPDX-License-Identifier: Apache-2.0
# Each target is a script of the same name in tools/; it does its own set-up.
.PHONY: help tour test soak bench lint format clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\): ## /  make \1\t/p' Makefile | expand -t 16

tour: ## build, then measure, explain and report crossings on this machine, in two minutes
	@tools/tour

test: ## all checks and tests, in less than 15 minutes
	@tools/test

soak: ## the million-case and long runs
	@tools/soak

bench: ## speed, as ratios to peers and limits; BENCH="NAME ..." for some only
	@tools/bench

lint: ## the static checks alone
	@tools/lint

format: ## format the Python and C sources
	@tools/format

clean: ## remove what the other targets made
	@tools/clean
