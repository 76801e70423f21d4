"""Settings for all tests: hypothesis measures no time, because no test may depend on how busy a machine is."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
