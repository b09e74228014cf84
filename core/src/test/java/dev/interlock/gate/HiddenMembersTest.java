package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that answers show no secret that comes beside what was asked for. */
final class HiddenMembersTest {

    private static final String TOKEN = "AABBCCDDEEFF0123456789";

    @TempDir
    private Path directory;

    private GateFixture house;
    private Secret lease = new Secret("none yet");

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "", GateFixture.CEDAR);
        lease = house.signedFor(Set.of("staging"), Set.of(Impact.READ, Impact.WRITE));
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private String shown(String answer) {
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                "/repos/acme/shop/milestones",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8("{\"title\":\"next\"}"));
        assertThat(house.send("github-asked", call, lease)).isInstanceOf(Outcome.Forwarded.class);
        byte[] text = answer.getBytes(StandardCharsets.UTF_8);
        house.upstream.lookout.starOut(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** A pull request shows two repositories, a search shows a hundred; a tool's result holds JSON as a text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"shop\",\"temp_clone_token\":\"TOKEN\",\"private\":true}",
                "{\n  \"temp_clone_token\" : \"TOKEN\"\n}",
                "{\"head\":{\"repo\":{\"temp_clone_token\":\"TOKEN\"}},\"base\":{\"repo\":{\"temp_clone_token\":\"TOKEN\"}}}",
                "[{\"temp_clone_token\":null},{\"temp_clone_token\":\"\"},{\"temp_clone_token\":\"TOKEN\",\"id\":7}]",
                "{\"text\":\"{\\\"temp_clone_token\\\": \\\"TOKEN\\\",\\\"id\\\":7}\",\"next\":\"shown\"}",
                "{\"temp_clone_token\":\"TOKEN",
                "[{\"name\":\".env\",\"download_url\":\"TOKEN\"},{\"browser_download_url\":\"shown\"}]",
            })
    void aTokenToCloneBecomesStars(String answer) {
        assertThat(shown(answer.replace("TOKEN", TOKEN)))
                .isEqualTo(answer.replace("TOKEN", "*".repeat(TOKEN.length())));
    }

    @Test
    void aValueWithEscapedQuotesIsHiddenWhole() {
        assertThat(shown("{\"temp_clone_token\":\"AB\\\"CD\\\\\",\"id\":\"7\"}"))
                .doesNotContain("AB")
                .doesNotContain("CD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"temp_clone_token\":null,\"name\":\"shop\"}",
                "{\"description\":\"temp_clone_token\",\"name\":\"shop\"}",
                "{\"my_temp_clone_token\":\"shop\",\"temp_clone_token_at\":\"shop\"}",
                "temp_clone_token",
                "\"temp_clone_token\"",
                "\"temp_clone_token\":",
            })
    void allElseStays(String answer) {
        assertThat(shown(answer)).isEqualTo(answer);
    }
}
