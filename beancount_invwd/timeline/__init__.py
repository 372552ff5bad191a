"""The one loop over dates: directives → movements."""
