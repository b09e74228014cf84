package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the policy decides about each file in an answer, by its name. */
class PolicyScreenTest {

    private static final String NO_SECRETS = GateFixture.CEDAR + """
            @id("no-secret-files")
            forbid (principal, action, resource)
            when { context has argument.file && (context.argument.file like "*.env" || context.argument.file == "(unnamed)") };
            """;

    @TempDir
    private Path directory;

    private GateFixture house;

    private AnswerScreen screen(String cedar, String path) throws Exception {
        house = GateFixture.readingGithub(directory, cedar);
        HttpCall call = new HttpCall("GET", "uploads.github.com", path, List.of(), List.of(), Bytes.empty());
        assertThat(house.send("github", call, house.token)).isInstanceOf(Outcome.Forwarded.class);
        return house.upstream.screen.orElse(null);
    }

    @AfterEach
    void close() throws Exception {
        house.close();
    }

    private static Bytes answer(List<String> names) {
        return Bytes.utf8(names.stream()
                .map(name -> "{\"filename\":\"" + name + "\",\"patch\":\"held by " + name + ";\"}")
                .collect(Collectors.joining(",", "{\"files\":[", "]}")));
    }

    @Test
    void onlyForbiddenFilesAreWithheldAndNoted() throws Exception {
        AnswerScreen screen = screen(NO_SECRETS, "/repos/acme/shop/commits/main");
        List<String> names =
                IntStream.range(0, 40).mapToObj(i -> "src/" + i + ".ts").collect(Collectors.toList());
        assertThat(screen.over(answer(names))).contains(answer(names));
        names.add(17, "apps/.env");
        String shown = new String(screen.over(answer(names)).orElseThrow().toArray(), StandardCharsets.UTF_8);
        assertThat(shown)
                .doesNotContain("held by apps/.env")
                .contains("apps/.env", "held by src/16.ts;", "held by src/39.ts;");
        assertThat(screen.withheld()).containsExactly("apps/.env");
        assertThat(screen.showsUnnamed()).isFalse();
        assertThat(screen.shows(Fact.UNNAMED)).isFalse();
    }

    @Test
    void aFileThatTheCallNamesHasAName() throws Exception {
        AnswerScreen screen = screen(NO_SECRETS, "/repos/acme/shop/contents/README.md");
        assertThat(screen.shows(Fact.UNNAMED)).isTrue();
        assertThat(screen.shows(".env")).isFalse();
    }

    @Test
    void filesOfSecretNamesAreWithheldInAnyCase() throws Exception {
        AnswerScreen screen = screen(GateFixture.CEDAR + """
                @id("no-secret-files")
                forbid (principal, action, resource) when { context has argument.secret_file };
                """, "/repos/acme/shop/commits/main");
        Bytes answer = answer(List.of("apps/.ENV", ".git-credentials", ".env.example", "src/environment.ts"));
        assertThat(new String(screen.over(answer).orElseThrow().toArray(), StandardCharsets.UTF_8))
                .doesNotContain("held by apps/.ENV", "held by .git-credentials")
                .contains("held by .env.example;", "held by src/environment.ts;");
    }

    @Test
    void withoutPolicyAboutFilesNothingIsScreened() throws Exception {
        assertThat(screen(GateFixture.CEDAR, "/repos/acme/shop/commits/main")).isNull();
    }
}
