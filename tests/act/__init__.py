"""Tests of acting, in virtual time."""
