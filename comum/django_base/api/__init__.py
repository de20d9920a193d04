"""Bases of the REST edge: fields, serializers, filters, viewsets. Knows no app."""
