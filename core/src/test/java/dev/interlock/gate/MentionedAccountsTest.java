package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests texts that mention accounts, through the gate: an account counts as a bot until GitHub says that it is a
 * person.
 */
final class MentionedAccountsTest {

    private static final Map<String, String> TYPES = Map.of("helper", "Bot", "acme", "Organization");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final List<String> asked = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
        house.asker = (_, question) -> answer(question);
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private Bytes answer(HttpCall question) throws IOException {
        asked.add(question.method() + " " + question.path());
        if (question.path().equals("/graphql")) {
            return Bytes.utf8("{\"data\":{\"nodes\":[{\"nameWithOwner\":\"acme/shop\"}]}}");
        }
        String login = question.path().substring(question.path().lastIndexOf('/') + 1);
        if (login.equals("nobody") || !question.path().startsWith("/users/")) {
            throw new IOException("404");
        }
        return Bytes.utf8("{\"login\":\"" + (login.equals("renamed") ? "other" : login) + "\",\"type\":\""
                + TYPES.getOrDefault(login, "User") + "\"}");
    }

    private static HttpCall post(String path, String body) {
        return new HttpCall(
                "POST",
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    private static HttpCall comment(String repository, String text) {
        return post("/repos/acme/" + repository + "/issues/7/comments", "{\"body\":\"" + text + "\"}");
    }

    private static HttpCall review(String text) {
        return post(
                "/repos/acme/shop/pulls/7/reviews",
                "{\"event\":\"COMMENT\",\"comments\":[{\"path\":\"a\",\"line\":1,\"body\":\"" + text + "\"}]}");
    }

    private static HttpCall graphql(String text) {
        return post(
                "/graphql",
                "{\"query\":\"mutation($t: String!) { addComment(input: {subjectId: \\\"I_kwDOA1\\\", body: $t}) "
                        + "{ clientMutationId } }\",\"variables\":{\"t\":\"" + text + "\"}}");
    }

    private static HttpCall tool(String text) {
        return post(
                "/mcp/",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"add_issue_comment\","
                        + "\"arguments\":{\"owner\":\"acme\",\"repo\":\"shop\",\"issue_number\":7,\"body\":\"" + text
                        + "\"}}}");
    }

    private static List<HttpCall> doors(String text) {
        return List.of(comment("shop", text), review(text), graphql(text), tool(text));
    }

    private boolean passes(HttpCall call) {
        return house.send("github-asked", call, house.token) instanceof Outcome.Forwarded;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Thanks @alice, merged.",
                "@alice I agree.",
                "cc @acme/platform",
                "Ask `@helper` about it.",
                "Mail a@helper.example, or see @helper.fixture and https://acme.example/@helper.",
                "No mention."
            })
    void mentionOfAPersonPassesByEveryProtocol(String text) {
        assertThat(doors(text)).allMatch(this::passes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Please look, @helper.",
                "Thanks @acme, merged.",
                "It was @nobody who said so.",
                "It was @renamed who said so.",
                "Thanks @alice and @helper.",
                "Thanks &#64;helper.",
                "Thanks _@helper_.",
                "cc/@helper",
                "Thanks @m\\u00fcller."
            })
    void mentionOfAnythingElseIsHeldByEveryProtocol(String text) {
        assertThat(doors(text)).noneMatch(this::passes);
        assertThat(house.upstream.credentials).isEmpty();
    }

    @Test
    void accountIsAskedAboutOnceByItsName() {
        assertThat(passes(comment("shop", "Thanks @alice."))).isTrue();
        assertThat(passes(tool("And again, @Alice."))).isTrue();
        assertThat(asked).containsExactly("GET /users/alice");
    }

    @Test
    void manyMentionsAreNotAskedAbout() {
        String ten = mentions(PresentState.MAX_QUESTIONS);
        assertThat(passes(comment("shop", ten + " @one-more"))).isFalse();
        assertThat(passes(comment("shop", mentions(5_000)))).isFalse();
        assertThat(asked).isEmpty();
        assertThat(passes(comment("shop", ten))).isTrue();
        assertThat(asked).hasSize(PresentState.MAX_QUESTIONS);
    }

    private static String mentions(int count) {
        return IntStream.range(0, count).mapToObj(i -> "@someone" + i).collect(Collectors.joining(" "));
    }

    @Test
    void nobodyIsAskedBeyondTheLease() {
        assertThat(passes(comment("live", "Thanks @alice."))).isFalse();
        assertThat(house.send(
                        "github-asked",
                        comment("shop", "Thanks @alice."),
                        house.signedFor(Set.of("staging"), Set.of(Impact.READ))))
                .isNotInstanceOf(Outcome.Forwarded.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void unreachableProviderLeavesTheStrictCase() {
        house.asker = (_, _) -> {
            throw new IOException("nobody is there");
        };
        assertThat(passes(comment("shop", "Thanks @alice."))).isFalse();
    }
}
