package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InconclusiveExceptionTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pg_restore: error: COPY failed for table \"t\": ERROR:  could not extend file \"base/1/2\": No space left on"
                        + " device",
                "pg_restore: error: could not execute query: ERROR:  out of memory\nDETAIL:  Failed on request.",
                "ERROR:  bad row\nDETAIL:  row (1)\npsql:<stdin>:7: FATAL:  terminating connection due to administrator"
                        + " command",
                "2026-11-21 22:00:00.000 UTC [7] STATEMENT:  SELECT 1\n2026-11-21 22:00:00.000 UTC [7] LOG:  server process"
                        + " (PID 9) was terminated by signal 9: Killed",
                "bwrap: Creating new namespace failed: Operation not permitted",
                "tar: x: Cannot write: No space left on device"
            })
    void whatAProgramSaysItself(String words) {
        assertThat(InconclusiveException.isIn(words)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERROR:  new row violates check constraint\nDETAIL:  Failing row contains (17, No space left on device).",
                "ERROR:  bad\nCONTEXT:  COPY job_log, line 1: \"17\tNo space left on device\"",
                "pg_restore: error: could not execute query: ERROR:  syntax error\nLINE 2: out of memory\nCommand was:"
                        + " CREATE FUNCTION f AS '\nout of memory\n';",
                "2026-11-21 22:00:00.000 UTC [7] ERROR:  no\n2026-11-21 22:00:00.000 UTC [7] STATEMENT:  COPY t\n\tout of"
                        + " memory",
                "pg_restore: error: x: ERROR:  bad row\nDETAIL:  (server closed the connection unexpectedly, out of memory)",
                "ERROR:  invalid input syntax for type integer: \"Cannot allocate memory\"",
                "2026-11-21 22:00:00.000 UTC [7] LOG:  server process (PID 9) was terminated by signal 11"
            })
    void whatItOnlyQuotesIsNotItsOwn(String words) {
        assertThat(InconclusiveException.isIn(words)).isFalse();
    }
}
