package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a seal which is made while the gateway is down counts from its next start, or is refused aloud. */
@Timeout(300)
@Tag("process")
final class SealWhileDownTest {

    private static Json.Members inForce(Installation installation) throws Exception {
        return installation.admin("seal.show", Json.object()).object("payload");
    }

    @Test
    void aSealCountsFromTheNextStartOrIsRefusedAloud() throws Exception {
        try (Installation installation = Installation.open(false)) {
            assertThat(inForce(installation).whole("sequence")).isEqualTo(1);
            Path late = installation.configuration().resolveSibling("late.json");
            installation
                    .interlock(
                            List.of(
                                    "seal",
                                    "--key",
                                    installation.key("sealer").toString(),
                                    "--out",
                                    late.toString(),
                                    installation
                                            .configuration()
                                            .resolveSibling("policy")
                                            .toString()),
                            "")
                    .expect(0);
            installation.kill();

            String said = installation
                    .seal(yaml -> yaml.replace(
                            "  staging: {protected: false}",
                            "  staging: {protected: false}\n" + "  preview: {protected: false}"))
                    .out();
            assertThat(said).contains("takes effect with the next `interlock up`");
            installation.up(List.of());
            assertThat(inForce(installation).whole("sequence")).isEqualTo(2);
            assertThat(inForce(installation).object("environments").members()).containsKey("preview");

            // Another seal with the same number: somebody made it elsewhere, and put it there.
            installation.kill();
            Files.copy(
                    late,
                    installation.configuration().resolveSibling("data").resolve("seal.json"),
                    StandardCopyOption.REPLACE_EXISTING);
            installation.up(List.of());
            assertThat(inForce(installation).object("environments").members()).containsKey("preview");
            assertThat(installation.said())
                    .contains("was put there while the gateway was down, and is not in force")
                    .contains("seal 2 is not newer than seal 2")
                    .contains("Seal again");
        }
    }
}
