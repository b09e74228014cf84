package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that each command says where in a file its syntax is wrong, in the form that editors open. */
@Tag("process")
class SyntaxErrorsTest {

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private Path config = Path.of("gateway.yaml");
    private Path policy = Path.of("policy");

    private int interlock(String... arguments) {
        said.reset();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return InterlockCommand.run(out, out, arguments);
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void init() throws Exception {
        Path key = Files.writeString(
                directory.resolve("ann.pub"), TestingKey.hardware().line() + " ann\n");
        assertThat(interlock(TestingInit.command(directory, key.toString())))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        config = directory.resolve("made/gateway.yaml");
        policy = directory.resolve("made/policy");
    }

    private static int append(Path file, String line) throws IOException {
        String before = Files.readString(file);
        Files.writeString(file, before + line + "\n");
        return (int) before.lines().count() + 1;
    }

    private void assertTold(String position, String... command) {
        assertThat(interlock(command)).as(said()).isIn(ExitCodes.DATA, ExitCodes.NO);
        assertThat(said()).contains(position);
    }

    @Test
    void interlockYaml() throws IOException {
        String position = "interlock.yaml:" + append(policy.resolve("interlock.yaml"), "more: {a: b: c}") + ":12: ";
        assertTold(position, "policy", "test", policy.toString());
        assertTold(position, "policy", "lint", policy.toString());
        assertTold(position, "seal", "--config=" + config, "--key=" + directory.resolve("ann.pub"));
    }

    @Test
    void policyCedar() throws IOException {
        int line = append(policy.resolve("policy.cedar"), "@id(\"more\") permit (principal action, resource);");
        String position = "policy.cedar:" + line + ":31: ";
        assertTold(position, "policy", "test", policy.toString());
        assertTold(position, "policy", "lint", policy.toString());
        assertTold(position, "seal", "--config=" + config, "--key=" + directory.resolve("ann.pub"));
    }

    @Test
    void gatewayYaml() throws IOException {
        String position = config + ":" + append(config, "log: text: json") + ":10: ";
        assertTold(position, "up", "--config=" + config);
        assertTold(position, "vault", "list", "--config=" + config);
    }

    @Test
    void aCatalogsFile() throws IOException {
        Path file = directory.resolve("shop.yaml");
        assertThat(interlock("catalog", "example", "rest")).isEqualTo(ExitCodes.OK);
        Files.writeString(file, said());
        String position = ":" + append(file, "x: y: z") + ":5: ";
        assertTold(file + position, "catalog", "lint", file.toString());

        Path own = policy.resolve("catalogs/railway.yaml");
        Files.createDirectories(own.resolveSibling(""));
        Files.copy(file, own);
        Files.writeString(
                policy.resolve("interlock.yaml"),
                Files.readString(policy.resolve("interlock.yaml")) + "replaced-catalogs: [railway]\n");
        assertTold("interlock: catalogs/railway.yaml" + position, "policy", "test", policy.toString());
    }
}
