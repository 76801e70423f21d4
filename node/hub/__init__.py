"""The hub beyond OCI: releases, catalogue, log and index over HTTP."""
