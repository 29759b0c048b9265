"""An embedded Redshift: SQL databases in memory (duckdb), behind moto's Redshift Data API and AppFlow's destination."""
