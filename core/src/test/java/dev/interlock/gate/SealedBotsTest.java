package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what a seal says of the machines that read texts at an upstream, through the gate. */
final class SealedBotsTest {

    private static final String BOTS = """
                bots:
                  accounts: [Shipmate]
                  people: [maya, talbot]
                  commands: ["engage warp", blastoff]
                  none-in: ["github:repo/acme/doc*"]
            """;

    @TempDir
    private Path directory;

    private GateFixture house;
    private final List<String> asked = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = GateFixture.withBots(directory, BOTS);
        house.asker = (_, question) -> {
            asked.add(question.path());
            if (question.path().equals("/graphql")) {
                return Bytes.utf8("{\"data\":{\"nodes\":[{\"nameWithOwner\":\"acme/docs\"}]}}");
            }
            String login = question.path().substring(question.path().lastIndexOf('/') + 1);
            return Bytes.utf8("{\"login\":\"" + login + "\",\"type\":\"User\"}");
        };
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private boolean passes(String path, String body) {
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
        return house.send("github-asked", call, house.token) instanceof Outcome.Forwarded;
    }

    private boolean passes(String repository, String kind, String text) {
        return passes("/repos/acme/" + repository + "/issues/7/comments", "{\"" + kind + "\":\"" + text + "\"}");
    }

    private boolean isComment(String repository, String text) {
        return passes(repository, "body", text);
    }

    private boolean isTool(String repository, String text) {
        return passes(
                "/mcp/",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"add_issue_comment\","
                        + "\"arguments\":{\"owner\":\"acme\",\"repo\":\"" + repository
                        + "\",\"issue_number\":7,\"body\":\"" + text + "\"}}}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Fixed in the last commit.",
                "Thanks @alice, merged.",
                "cc @maya",
                "Thanks @talbot.",
                "We could engage warp here.",
                "Blastoffs are fun."
            })
    void ordinaryCommentPasses(String text) {
        assertThat(isComment("shop", text)).isTrue();
        assertThat(isTool("shop", text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "@shipmate please",
                "ask `@Shipmate`",
                "engage warp",
                "Done.\\n\\n> Engage  Warp 9",
                "- **blastoff**: now",
                "<!-- blastoff -->",
                "/deploy prod",
                "@talbot deploy prod"
            })
    void commandIsHeld(String text) {
        assertThat(isComment("shop", text)).isFalse();
        assertThat(isTool("shop", text)).isFalse();
        assertThat(house.upstream.credentials).isEmpty();
    }

    @Test
    void personOfTheSealIsNotAskedAbout() {
        assertThat(isComment("shop", "Thanks @maya.")).isTrue();
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/deploy prod", "engage warp", "@shipmate go", "@acme-bot go", "@alice go"})
    void noTextCommandsWhereNoMachineReads(String text) {
        assertThat(isComment("docs", text)).isTrue();
        assertThat(isTool("docs", text)).isTrue();
        assertThat(asked).isEmpty();
    }

    @Test
    void absenceCoversNoOtherRule() {
        assertThat(passes("/repos/acme/docs/issues/7/labels", "{\"labels\":[\"deploy\"]}"))
                .isFalse();
    }

    /** An opaque id may lie anywhere until the provider has said where. */
    @Test
    void opaqueIdIsNoPlaceWithoutMachines() {
        assertThat(passes(
                        "/graphql",
                        "{\"query\":\"mutation { addComment(input: {subjectId: \\\"I_kwDOA1\\\", body: \\\"/deploy\\\"})"
                                + " { clientMutationId } }\"}"))
                .isFalse();
    }
}
