"""What tests and demos control: settings and clock, faults, quotas."""
