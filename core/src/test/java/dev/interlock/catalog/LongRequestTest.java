package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.StoredBody;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests requests whose bodies are too long for memory: what acts in them is understood as in short ones. */
final class LongRequestTest {

    private static final String IMAGE = "iVBORw0KGgoAAAANSUhEUgAA".repeat(100_000);
    private static final String WORDS = "He said: \\\"see https://example.org/a\\\".\\n".repeat(20_000);

    private static HttpCall call(String request, String body) {
        HttpCall head = RestFixture.call(request, "", RestFixture.JSON);
        return head.with(StoredBody.of(body));
    }

    private static Action action(String catalog, String request, String body) {
        return RestFixture.of(catalog).understood(call(request, body)).actions().getFirst();
    }

    private static String message(String more) {
        return """
                {"model":"m","system":"WORDS","messages":[{"role":"user","content":[
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"IMAGE"}},
                {"type":"text","text":"WORDS"}]},
                {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"Write","input":{"text":"WORDS"}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"WORDS"}]}],
                "tools":[{"name":"Write","description":"WORDS","input_schema":{"type":"object"}}]MORE}""".replace("MORE", more).replace("WORDS", WORDS).replace("IMAGE", IMAGE);
    }

    @Test
    void longConversationIsARead() {
        assertThat(action("anthropic", "POST /v1/messages?beta=true", message(",\"max_tokens\":7"))
                        .impacts())
                .isEqualTo(Set.of(Impact.READ));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"mcp_servers\":[{\"type\":\"url\",\"url\":\"https://example.org\",\"name\":\"x\"}]",
                ",\"container\":\"WORDS\"",
                ",\"notes_of_tomorrow\":\"WORDS\"",
                ",\"context_management\":{\"edits\":[{\"type\":\"of_tomorrow\"}]}",
                ",\"context_management\":{\"edits\":[{\"type\":\"compact_20260112WORDS\"}]}"
            })
    void whatActsInALongConversationIsFound(String more) {
        assertThat(action("anthropic", "POST /v1/messages?beta=true", message(more))
                        .impacts())
                .contains(Impact.EXECUTE);
    }

    /** Blanks make a decisive word look long: then nobody can say what it is. */
    @Test
    void blanksHideNothingThatActs() {
        String blanks = " ".repeat(9_000);
        String part = message("").replace("\"type\":\"image\"", "\"type\":\"image\"" + blanks);
        assertThat(action("anthropic", "POST /v1/messages?beta=true", part).impacts())
                .contains(Impact.EXECUTE);
        String tool = message("").replace("\"tools\":[{", "\"tools\":[{\"type\":\"custom\"" + blanks + ",");
        RestFixture.of("anthropic").refused(call("POST /v1/messages?beta=true", tool));
    }

    @Test
    void longBodyGoesOnAsItWasRead() {
        HttpCall call = call("POST /v1/messages?beta=true", message(""));
        HttpCall outgoing =
                HttpCall.of(RestFixture.of("anthropic").understood(call).outgoing());
        assertThat(outgoing.stream()).isEqualTo(call.stream());
        assertThat(outgoing.header("content-type")).contains("application/json");
    }

    @Test
    void doubledNamesAreRefused() {
        RestFixture.of("anthropic").refused(call("POST /v1/messages?beta=true", message(",\"model\":\"n\"")));
        RestFixture.of("anthropic").refused(call("POST /v1/messages?beta=true", message(",\"Tools\":[]")));
    }

    @Test
    void longFileIsWrittenLikeAShortOne() {
        String body = "{\"message\":\"add it\",\"branch\":\"topic\",\"content\":\"" + IMAGE + "\"}";
        Action write = action("github", "PUT /repos/acme/shop/contents/logo.png", body);
        assertThat(write.impacts()).isEqualTo(Set.of(Impact.WRITE));
        assertThat(write.reversibility()).isEqualTo(Reversibility.REVERSIBLE);
        assertThat(action(
                                "github",
                                "POST /repos/acme/shop/git/blobs",
                                "{\"encoding\":\"base64\",\"content\":\"" + IMAGE + "\"}")
                        .impacts())
                .isEqualTo(Set.of(Impact.WRITE));
    }

    /** Nobody has read the whole of it, so it may run what installs it. */
    @ParameterizedTest
    @CsvSource({"true, '{\"name\":\"x\",'", "false, ' \n{\"name\":\"x\",'", "true, '                '"})
    void longManifestMayInstall(boolean isBase64, String head) {
        String text = head + " ".repeat(9_000) + "\"scripts\":{\"postinstall\":\"sh\"}}";
        String content = isBase64
                ? Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))
                : text.replace("\n", "\\n").replace("\"", "\\\"");
        String body = "{\"content\":\"" + content + "\"}";
        assertThat(action("github", "POST /repos/acme/shop/git/blobs", body).impacts())
                .contains(Impact.EXECUTE);
    }

    @Test
    void longNameIsRefused() {
        String body =
                "{\"message\":\"add it\",\"branch\":\"topic\"" + " ".repeat(9_000) + ",\"content\":\"" + IMAGE + "\"}";
        RestFixture.of("github").refused(call("PUT /repos/acme/shop/contents/logo.png", body));
    }

    /** Clients name the type of what they upload, by the end of its name. */
    @ParameterizedTest
    @ValueSource(strings = {"application/octet-stream", "application/x-gtar", "application/zip"})
    void fileOfAReleaseHasAnyType(String type) {
        HttpCall upload = RestFixture.call(
                        "POST /repos/acme/shop/releases/7/assets?name=shop.tar.gz",
                        "",
                        new Header("content-type", type))
                .with(() -> 2_000_000_000L);
        CallReading.CallMeaning read = RestFixture.of("github").understood(upload);
        assertThat(read.actions().getFirst().impacts()).isEqualTo(Set.of(Impact.WRITE, Impact.EXECUTE));
        assertThat(HttpCall.of(read.outgoing()).header("content-type")).contains(type);
        RestFixture.of("github")
                .refused(RestFixture.call(
                                "POST /repos/acme/shop/releases/7/assets?name=x", "", new Header("content-type", "*/*"))
                        .with(() -> 7L));
    }

    @Test
    void onlyWhatIsReadIsReceived() {
        CallReader github = BuiltIn.CATALOGS.find("github").orElseThrow();
        assertThat(github.isReceived(arriving("PUT /repos/acme/shop/contents/logo.png")))
                .isTrue();
        assertThat(github.isReceived(arriving("POST /repos/acme/shop/releases/7/assets")))
                .isFalse();
        assertThat(github.isReceived(arriving("POST /nowhere"))).isFalse();
        assertThat(github.isReceived(arriving("POST /graphql"))).isFalse();
        HttpCall unannounced =
                RestFixture.call("POST /repos/acme/shop/releases/7/assets", "").with(() -> Long.MAX_VALUE);
        assertThat(github.isReceived(unannounced)).isTrue();
    }

    private static HttpCall arriving(String request) {
        return RestFixture.call(request, "", RestFixture.JSON).with(StoredBody.arriving(IMAGE));
    }
}
