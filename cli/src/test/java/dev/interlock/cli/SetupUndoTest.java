package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Secret;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRecord;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Undoing the steps of setup that need neither users nor services. {@code packaging/test} undoes all of them. */
@Tag("process")
final class SetupUndoTest {

    private static final Secret TOKEN = new Secret("ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gJ6");
    private static final Set<String> HERE = Set.of("key", "configuration", "vault", "decoys");

    @TempDir
    private Path root;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Path made;

    @BeforeEach
    void setUp() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        made = root.resolve("made");
        Files.createDirectories(root.resolve("data"));
        List<SetupStep> steps = new SetupSteps(made, made.resolve("seal.key"))
                        .all(
                                new ConfigurationStep(made, this::files),
                                Map.of("github-look", SlotContent.token(TOKEN)),
                                List.of(),
                                ProtectStep.ProtectedPerson.NOBODY)
                        .stream()
                        .filter(step -> HERE.contains(step.name()))
                        .toList();
        new SetupRun(new SetupRecord(made.resolve("setup.json"))).perform(steps, Json.object(), _ -> {});
    }

    private Map<String, String> files() throws IOException {
        String sealer = Files.readString(made.resolve("seal.key.pub")).strip();
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "gateway.yaml",
                new GatewayYaml(
                                "own",
                                "127.0.0.1:7411",
                                root.resolve("data"),
                                root.resolve("run"),
                                List.of(),
                                List.of(sealer),
                                false)
                        .text());
        StarterPolicy policy = new StarterPolicy(
                "own",
                "ann",
                sealer,
                "agent",
                "github",
                "github",
                "https://api.github.com",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of("github:repo/acme/shop", "staging"),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        policy.files(CatalogView.facts(), Set.of("github")).forEach((file, text) -> files.put("policy/" + file, text));
        return files;
    }

    private int undo(String... more) {
        List<String> all = new ArrayList<>(List.of("setup", "--undo", "--dir=" + made));
        all.addAll(List.of(more));
        out.reset();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        return InterlockCommand.run(stream, stream, all.toArray(String[]::new));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Returns the bytes of every file, so that any change is seen. */
    private Map<Path, String> everything() throws IOException {
        Map<Path, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.put(file, new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return all;
    }

    @Test
    void planOfUndoingChangesNothing() throws Exception {
        Map<Path, String> before = everything();

        assertThat(undo("--plan")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("will:", "- remove from the vault github-look", "- remove the configuration in");
        assertThat(undo("--plan", "--yes")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(undo("--plan", "--json")).as(said()).isEqualTo(ExitCodes.OK);
        Json.Members plan = Json.readObject(said().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(plan.object("plan").texts("undo")).hasSize(HERE.size());
        assertThat(everything()).isEqualTo(before);

        assertThat(undo()).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(made).doesNotExist();
        assertThat(undo("--plan")).isEqualTo(ExitCodes.OK);
        assertThat(said()).isEqualTo("There is no setup to undo.\n");
    }

    @Test
    void whatStaysIsToldWithTheCommandThatRemovesIt() throws Exception {
        Config config = Config.read(made.resolve("gateway.yaml"));
        Credentials.put(config, made.resolve("gateway.yaml"), "github-work", SlotContent.token(TOKEN));
        Path changed = made.resolve("policy/policy.cedar");
        Files.writeString(changed, Files.readString(changed) + "// mine\n");
        Path added = Files.writeString(made.resolve("policy/more.cedar"), "");

        assertThat(undo()).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .doesNotContain("Everything")
                .contains(
                        "setup did not put it there: github-work;",
                        "sudo rm -r " + root.resolve("data/vault"),
                        "sudo rm " + changed + " " + added);
        assertThat(changed).exists();
        assertThat(added).exists();
        assertThat(made.resolve("gateway.yaml")).doesNotExist();
    }

    /** At a terminal a person is asked, and only yes is a yes. */
    @Test
    void personIsAskedOnceBeforeUndoing() throws Exception {
        Map<Path, String> before = everything();
        assertThat(atATerminal("no")).contains("Undo all of it? y or n", "nothing was changed");
        assertThat(everything()).isEqualTo(before);
        assertThat(atATerminal("yes")).contains("Undo all of it? y or n", "removed the configuration");
        assertThat(made).doesNotExist();
    }

    private String atATerminal(String answer) throws Exception {
        String command = Path.of(System.getProperty("java.home"), "bin", "java") + " -cp '"
                + System.getProperty("java.class.path") + "' dev.interlock.cli.Main setup --undo --dir=" + made;
        Process process = new ProcessBuilder("script", "-qec", command, "/dev/null")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().write((answer + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        String seen = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return seen;
    }
}
