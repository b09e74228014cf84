package dev.interlock.backup.postgres;

import java.util.Optional;

/**
 * The rules by which a database compares and interprets text. Generated columns, constraints and partition bounds are
 * recomputed when it is restored. They come out the same only under the same rules.
 *
 * @param provider the value in {@code pg_database}: {@code c} for the C library, {@code i} for ICU, {@code b} for
 *     PostgreSQL itself
 * @param collate the C library's locale for sorting
 * @param ctype the C library's locale for character classes
 * @param name the other providers' locale for both
 * @param rules additional ICU collation rules
 * @param monetary the C library's locale for amounts of money
 */
record DatabaseLocale(
        String provider,
        String collate,
        String ctype,
        Optional<String> name,
        Optional<String> rules,
        String monetary) {}
