package dev.interlock.backup.postgres;

import java.util.Optional;

/**
 * How a database compares text: generated columns, constraints and partition bounds are recomputed by it in a restore.
 * {@code provider} is {@code c} for the C library, {@code i} for ICU, {@code b} for PostgreSQL itself, as in
 * {@code pg_database}; {@code name} is the locale of the latter two.
 */
record DatabaseLocale(
        String provider,
        String collate,
        String ctype,
        Optional<String> name,
        Optional<String> rules,
        String monetary) {}
