"""What every app shares. Pure Python, but for `comum.django_base`."""
