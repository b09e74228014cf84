package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the adoption of the token in the unrelated file: the decoy that an agent finds there raises the alarm. */
@Timeout(300)
@Tag("process")
final class AdoptTest {

    private static final String TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.shared();
    }

    private Json.Members adopt(Path workspace, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("adopt", "--json", "--no-home"));
        arguments.addAll(List.of(more));
        arguments.add(workspace.toString());
        return Json.readObject(
                installation.interlock(arguments, "").out().strip().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anAdoptedCredentialsDecoyIsRecognisedEverywhere() throws Exception {
        Path workspace = installation.workspace("adopted");
        Path file = Files.writeString(workspace.resolve("deploy.sh"), "export GH_TOKEN=" + TOKEN + "\n");
        String id =
                adopt(workspace, "--check").objects("credentials").getFirst().text("id");

        Json.Members moved = adopt(workspace, "--take", id).objects("moved").getFirst();
        assertThat(moved.text("id")).isEqualTo(id);
        assertThat(Files.readString(file)).doesNotContain(TOKEN);
        Matcher planted = Pattern.compile("ghp_[A-Za-z0-9]{36}").matcher(Files.readString(file));
        assertThat(planted.find()).isTrue();

        try (Agent agent = new Agent(installation.port(), planted.group())) {
            Agent.Answer answer = agent.ask(Agent.read());
            assertThat(answer.kind()).isEqualTo("foreign_credential");
            assertThat(answer.body()).doesNotContain("decoy");
        }
        Programs.await("the alarm names the decoy", () -> installation.said().contains("decoy-" + id));
        assertThat(installation.said() + installation.receipts()).doesNotContain(planted.group(), TOKEN);

        adopt(workspace, "--undo", id);
        assertThat(file).hasContent("export GH_TOKEN=" + TOKEN);
    }
}
