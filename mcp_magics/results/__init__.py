"""Pure values for what a server answered: JSON in, typed views, tables and MIME bundles out."""
