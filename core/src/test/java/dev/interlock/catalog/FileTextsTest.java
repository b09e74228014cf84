package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that an answer loses what the withheld files hold, and nothing else. */
class FileTextsTest {

    private static final Set<String> SECRET = Set.of(".env", "config/tls.key", "grün.pem", Fact.UNNAMED);

    private static final String DIFF = """
            diff --git a/src/a.ts b/src/a.ts
            index 1111111..2222222 100644
            --- a/src/a.ts
            +++ b/src/a.ts
            @@ -1,2 +1,2 @@ f() {
             kept
            -old
            +new
            """;

    private static final String WITH_SECRET = """
            diff --git a/.env b/.env
            index 1111111..2222222 100644
            --- a/.env
            +++ b/.env
            @@ -1,3 +1,3 @@
             A=1
            --- b
            +++ b/src/a.ts
             TOKEN=hunter2
            \\ No newline at end of file
            """;

    private static String without(String answer) {
        return text(FileTexts.ofAnswer(Bytes.utf8(answer)).orElseThrow().without(SECRET));
    }

    private static String text(Bytes bytes) {
        return new String(bytes.toArray(), StandardCharsets.UTF_8);
    }

    @Test
    void anOrdinaryAnswerStaysAsItIs() {
        for (String answer : List.of(
                DIFF,
                "{\"files\": [ {\"filename\":\"a.ts\",\"patch\":\"@@ -1 +1 @@\\n-a\\n+b\"} ], \"score\": 1.0}",
                "",
                "[]")) {
            assertThat(without(answer)).isEqualTo(answer);
        }
    }

    /** Lines of the file itself that look like the head of another one end nothing. */
    @Test
    void aDiffLosesTheWithheldFileAlone() {
        String shown = without("Message\n\n" + DIFF + WITH_SECRET + DIFF);
        assertThat(shown)
                .doesNotContain("hunter2", "A=1")
                .contains(FileTexts.WITHHELD, "diff --git a/.env b/.env")
                .startsWith("Message\n\n" + DIFF)
                .endsWith(DIFF);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "diff --git a/.env b/x.txt\nsimilarity index 90%\nrename from .env\nrename to x.txt\n",
                "diff --git \"a/gr\\303\\274n.pem\" \"b/gr\\303\\274n.pem\"\n",
                "diff --cc .env\nindex 1,2..3\n",
                "--- .env\t2026-01-01\n+++ .env\t2026-01-02\n",
                "--- /dev/null\n+++ b/config/tls.key\n",
                "diff --git a/x.txt b/x.txt\n--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-a\n+b\n--- a/.env\n+++ b/.env\n",
                ""
            })
    void aDiffIsKnownByEachOfItsNames(String head) {
        assertThat(without(head + "@@ -1 +1 @@\n-secret\n+hunter2\n")).doesNotContain("hunter2");
    }

    @Test
    void aBinaryPatchIsWithheld() {
        assertThat(without("diff --git a/config/tls.key b/config/tls.key\nGIT binary patch\nliteral 9\nQzP!secret\n"))
                .doesNotContain("QzP!secret");
    }

    @Test
    void jsonLosesTextsAndAddressesOfTheFile() {
        String shown = without("""
                {"sha":"1","files":[
                 {"filename":"a.ts","patch":"kept","raw_url":"https://kept"},
                 {"filename":"b.txt","previous_filename":".env","status":"renamed","patch":"hunter2","raw_url":"https://x/hunter2"}],
                 "items":[{"path":"config/tls.key","text_matches":[{"fragment":"hunter2","matches":[{"text":"hunter2"}]}]}],
                 "comments":[{"path":".env","diff_hunk":"hunter2","body":"kept"}],
                 "gists":{".env":{"filename":".env","content":"hunter2"}},
                 "unnamed":{"patch":"hunter2"}}
                """);
        assertThat(shown)
                .doesNotContain("hunter2")
                .contains("kept", "https://kept", "\"status\":\"renamed\"", FileTexts.WITHHELD);
    }

    /** As GitHub answers for an analysis that is asked for as SARIF. */
    @Test
    void aReportOfAScannerLosesSnippetsOfTheFile() {
        String location = """
                {"physicalLocation":{"artifactLocation":{"uri":"%s","index":0},
                 "region":{"startLine":3,"snippet":{"text":"%s"}},"contextRegion":{"snippet":{"text":"%s"}}}}""";
        String shown = without("{\"runs\":[{\"results\":[{\"ruleId\":\"r1\",\"locations\":["
                + location.formatted("src/a.ts", "kept", "kept") + ","
                + location.formatted(".env", "hunter2", "hunter2") + "]}]}]}");
        assertThat(shown)
                .doesNotContain("hunter2")
                .contains("\"text\":\"kept\"", "\"uri\":\".env\"", "\"ruleId\":\"r1\"");
    }

    @Test
    void aMessageLosesTextsOfItsContent() {
        String inner = "{\\\"files\\\":[{\\\"filename\\\":\\\".env\\\",\\\"patch\\\":\\\"hunter2\\\"}]}";
        String diff = WITH_SECRET.replace("\\", "\\\\").replace("\n", "\\n");
        Bytes message = Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":["
                + "{\"type\":\"text\",\"text\":\"" + inner + "\"},{\"type\":\"text\",\"text\":\"" + diff + "\"},"
                + "{\"type\":\"text\",\"text\":\"TOKEN=hunter2\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"x\",\"text\":\"TOKEN=hunter2\"}}],"
                + "\"structuredContent\":{\"path\":\".env\",\"content\":\"hunter2\"}}}");
        assertThat(text(FileTexts.ofMessage(message).orElseThrow().without(SECRET)))
                .doesNotContain("hunter2")
                .contains("\"id\":1");
        Bytes other = Bytes.utf8("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}");
        assertThat(FileTexts.ofMessage(other).orElseThrow().without(SECRET)).isEqualTo(other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TOKEN=hunter2", "{\"a\":1", "{\"a\":1,\"a\":2}", "PK\u0003\u0004"})
    void anythingElseIsNotUnderstood(String answer) {
        assertThat(FileTexts.ofAnswer(Bytes.utf8(answer))).isEmpty();
    }

    /** Each way to read such a line has names nearly as long as the line. */
    @Test
    void aLineOfManyNamesIsAFileWithoutName() {
        String line = "diff --git " + "a/b ".repeat(3_000) + "b/c\n@@ -1 +1 @@\n-old\n+hunter2\n";
        assertThat(FileTexts.ofAnswer(Bytes.utf8(line)).orElseThrow().names()).containsExactly(Fact.UNNAMED);
        assertThat(without(line)).doesNotContain("hunter2");
        String spaced = "diff --git a/my b/file b/my b/file\n@@ -1 +1 @@\n-old\n+hunter2\n";
        assertThat(FileTexts.ofAnswer(Bytes.utf8(spaced)).orElseThrow().names()).contains("my b/file");
    }

    /** The policy is asked about each name, and what stands in the place of a file is longer than a short one. */
    @Test
    void anAnswerWithTooManyFilesIsNotUnderstood() {
        String file = "diff --git a/.env b/.env\n@@ -1 +1 @@\n-a\n+b\n";
        assertThat(FileTexts.ofAnswer(Bytes.utf8(file.repeat(FileTexts.MAX_FILES))))
                .isPresent();
        assertThat(FileTexts.ofAnswer(Bytes.utf8(file.repeat(FileTexts.MAX_FILES + 1))))
                .isEmpty();
        String json = "{\"filename\":\"a\",\"patch\":\"b\"},";
        String many = '[' + json.repeat(FileTexts.MAX_FILES) + "{\"patch\":\"b\"}]";
        assertThat(FileTexts.ofAnswer(Bytes.utf8(many))).isEmpty();
        assertThat(FileTexts.ofMessage(Bytes.utf8("{\"result\":{\"files\":" + many + "}}")))
                .isEmpty();
        StringBuilder names = new StringBuilder("diff --git a/a b/b\n");
        for (int i = 0; i < 2 * FileTexts.MAX_FILES; i++) {
            names.append("rename from ").append(i).append('\n');
        }
        assertThat(FileTexts.ofAnswer(Bytes.utf8(names + "@@ -1 +1 @@\n-a\n+b\n")))
                .isEmpty();
    }
}
