package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MissingExtensionTest {

    /** Messages of PostgreSQL and its extensions, of many versions. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pg_restore: error: could not execute query: ERROR:  extension "postgis" is not available | the extension `postgis`
            psql:<stdin>:7: ERROR:  could not open extension control file "/usr/share/postgresql/12/extension/postgis.control": No such file or directory | the extension `postgis`
            ERROR:  could not access file "$libdir/postgis-3": No such file or directory | no library `$libdir/postgis-3`
            ERROR:  could not load library "/usr/lib/postgresql/15/lib/postgis-3.so": libgeos_c.so.1: cannot open shared object file | no library `/usr/lib/postgresql/15/lib/postgis-3.so`
            2026-11-22 10:00:00.000 UTC [7] FATAL:  could not access file "timescaledb": No such file or directory | no library `timescaledb`
            ERROR:  pg_stat_statements must be loaded via shared_preload_libraries | `preload: [pg_stat_statements]`
            ERROR:  pg_stat_statements must be loaded via "shared_preload_libraries" | `preload: [pg_stat_statements]`
            ERROR:  pg_cron can only be loaded via shared_preload_libraries | `preload: [pg_cron]`
            FATAL:  extension "timescaledb" must be preloaded | `preload: [timescaledb]`
            """)
    void whatAServerSaysThatLacksSomething(String said, String told) {
        assertThat(Extensions.lackingBy("`pg_restore` ended with 1: " + said + "\nHINT:  none"))
                .hasValueSatisfying(what -> assertThat(what).contains(told));
        assertThat(Extensions.lackingBy("ERROR:  bad row\nDETAIL:  " + said)).isEmpty();
    }

    /** A server's message may contain values as well. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERROR:  invalid input syntax for type integer: \"extension is not available\"",
                "ERROR:  duplicate key value violates unique constraint \"x must be preloaded\"",
                "ERROR:  value too long\nCONTEXT:  COPY log, line 1: \"could not access file \"$libdir/a\"\"",
                "ERROR:  relation \"extension\" does not exist"
            })
    void whatItQuotesIsNoLack(String said) {
        assertThat(Extensions.lackingBy(said)).isEmpty();
    }
}
