package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.testing.TestingAttester;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the manifest of a backup. */
class BackupManifestTest {

    private static final long GIBIBYTE = 1L << 30;

    private static BackupManifest manifest(long plainBytes, long files) {
        return manifest(plainBytes, new FileTree(files, new Amount.Files(files, 0)));
    }

    private static BackupManifest manifest(long plainBytes, BackupContent holding) {
        return new BackupManifest(
                "files",
                TestingAttester.id(1),
                Resource.parse("railway:volume/v1"),
                Instant.EPOCH,
                "directory /srv",
                Separation.APART,
                Map.of(FileTree.CONTENT, new BackupManifest.StoredFile(1, "", plainBytes)),
                holding);
    }

    /** Deflate stores 1,032 zeroes in one byte, and a million empty files in almost nothing. */
    @Test
    void whatRestoringItTakesIsBoundedByWhatIsKept() {
        assertThat(manifest(0, 0).mostRestored()).isEqualTo(16 * GIBIBYTE);
        assertThat(manifest(GIBIBYTE, 0).mostRestored()).isEqualTo((16 + 1_032) * GIBIBYTE);
        assertThat(manifest(0, 1L << 20).mostRestored()).isEqualTo((16 + 8) * GIBIBYTE);
        assertThat(manifest(Long.MAX_VALUE, Long.MAX_VALUE).mostRestored()).isGreaterThan(Long.MAX_VALUE / 2);
    }

    /** Data that another program packed may unpack to any size: only the disk's reserve limits it. */
    @Test
    void whatAnotherProgramPackedHasNoSuchBound() {
        ExecReport report = ExecReport.lines("{\"count\":1,\"digest\":\"d\",\"name\":\"n\"}");
        assertThat(manifest(1, new ExecCopy(report)).mostRestored()).isGreaterThan(Long.MAX_VALUE / 2);
    }
}
