package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerVerificationTest {

    @TempDir
    Path ledger;

    @Test
    void exactlyOneByteOfTheNamedReceiptIsAltered() throws Exception {
        String first = "{\"at\":\"2026-11-20T08:00:00Z\",\"id\":\"R-1\"}";
        String second = "{\"at\":\"2026-11-20T08:00:01Z\",\"id\":\"R-2\"}";
        Path file = Files.writeString(ledger.resolve("entries"), first + "\n" + second);
        assertThat(LedgerVerification.alter(ledger, "R-3")).isFalse();
        assertThat(file).hasContent(first + "\n" + second);
        assertThat(LedgerVerification.alter(ledger, "R-2")).isTrue();
        String now = Files.readString(file);
        assertThat(now).startsWith(first).hasSize(first.length() + 1 + second.length());
        assertThat(now.indexOf("3026")).isPositive();
    }
}
