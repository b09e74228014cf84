package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.tool.ExecTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads what {@code docs/backups.md} tells people to paste. */
class BackupsPageTest {

    @TempDir
    private Path directory;

    private static String page() throws IOException {
        return Files.readString(Path.of("../docs/backups.md"));
    }

    private BackupConfig read(String yaml) throws IOException {
        Path file = Files.writeString(directory.resolve("backups.yaml"), yaml);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return BackupConfig.beside(directory.resolve("gateway.yaml"));
    }

    @Test
    void theExampleIsAValidFile() throws IOException {
        List<String> found = Pattern.compile("(?s)```yaml\n(attest-key: .*?)```")
                .matcher(page())
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(found)
                .singleElement()
                .satisfies(yaml ->
                        assertThat(read(yaml).plans()).containsOnlyKeys("shop-cart", "shop-db", "shop-uploads"));
    }

    @Test
    void theRecipesAreValidPlans() throws IOException {
        List<MatchResult> found = Pattern.compile("(?m)^\\| ([^|]+) \\| `(exec: .*)` \\|$")
                .matcher(page())
                .results()
                .toList();
        assertThat(found).extracting(match -> match.group(1)).contains("pgBackRest", "WAL-G", "a provider");
        for (MatchResult recipe : found) {
            BackupConfig config =
                    read("attest-key: a\nplans:\n  p:\n    of: \"a:b/c\"\n    source: {directory: /d}\n    "
                            + recipe.group(2).replace("\\|", "|") + "\n");
            assertThat(config.plan("p").tool()).as(recipe.group(1)).isInstanceOf(ExecTool.class);
        }
    }
}
