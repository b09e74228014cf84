package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the policies of a real directory can be sealed in the world of the demo. */
final class OwnPolicyTest {

    @TempDir
    private Path directory;

    private OwnPolicy own(String catalog) throws IOException {
        Path made = Files.createDirectory(directory.resolve("own"));
        StarterPolicy starter = new StarterPolicy(
                "acme",
                "ann",
                TestingKey.software().line(),
                "agent",
                catalog + "-one",
                catalog,
                "https://provider.example",
                List.of("preview", "dev"),
                List.of("prod"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(CatalogView.facts()).entrySet()) {
            Files.writeString(made.resolve(file.getKey()), file.getValue());
        }
        return OwnPolicy.read(made).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"railway", "github"})
    void theStarterPolicyIsPlayed(String catalog) throws IOException {
        OwnPolicy own = own(catalog);
        Map<String, String> files = new TreeMap<>(PocketOs.policy());
        files.put("policy.cedar", own.cedar());
        Path played = directory.resolve("played");
        PocketOs.writePolicy(
                played,
                files,
                Map.of(
                        "JER_KEY", TestingKey.software().line(),
                        "SAM_KEY", TestingKey.software().line(),
                        "ATTEST_KEY", TestingKey.software().line(),
                        "ADDRESS", "https://localhost:1",
                        "HOST", "https://localhost:2",
                        "CA", "",
                        "LAST_DUMP", "2026-08-01T00:00:00Z"));
        Files.writeString(
                played.resolve("interlock.yaml"),
                Files.readString(played.resolve("interlock.yaml")).replace("    ca: \"\"\n", ""));
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(played, CatalogView.facts());
        assertThat(loaded).as("%s", loaded).isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        assertThat(own.cedar()).contains("Environment::\"production\"").doesNotContain("\"prod\"", "\"dev\"");
        assertThat(own.left().isEmpty()).isEqualTo(catalog.equals("railway"));
        assertThat(own.lines()).contains("Missing in your policy: There is one person: nobody else can be asked.");
    }

    @Test
    void aVariantOfTheDemosOwnPolicyReplacesFiles() throws IOException {
        Files.writeString(directory.resolve("interlock.yaml"), PocketOs.policy().get("interlock.yaml"));
        assertThat(OwnPolicy.read(directory)).isEmpty();
    }
}
