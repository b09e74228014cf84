package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests the progress in parts of a known or estimated whole. */
class BackupProgressTest {

    private final BackupProgress progress = new BackupProgress(new Terminal(System.out, System.err), "shop-db");

    @Test
    void knownTotalsAreShown() {
        assertThat(progress.words("counting shop.orders (3 of 7)", 0)).isEqualTo("counting shop.orders (3 of 7)");
        assertThat(progress.words("restoring", 120_000_000)).isEqualTo("restoring, 120 MB");
        progress.expect("restoring", 300_000_000);
        assertThat(progress.words("restoring", 120_000_000)).isEqualTo("restoring, 120 MB of 300 MB (40 %)");
        assertThat(progress.words("restoring", 300_000_000)).isEqualTo("restoring, 300 MB of 300 MB (100 %)");
        assertThat(progress.words("comparing", 120_000_000)).isEqualTo("comparing, 120 MB");
    }

    /** A database may grow. */
    @Test
    void anEstimateIsMarkedAndDroppedWhenWrong() {
        progress.expectAbout("dumping", 300_000_000);
        assertThat(progress.words("dumping", 150_000_000)).isEqualTo("dumping, 150 MB of about 300 MB (50 %)");
        assertThat(progress.words("dumping", 301_000_000)).isEqualTo("dumping, 301 MB");
    }
}
