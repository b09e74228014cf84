package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Headline;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.mcp.McpMessage;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How calls of the file server's tools are undone. */
final class McpUndoTest {

    private static final Catalog FILES = Catalogs.read("files.yaml", Catalogs.resource("mcp/filesystem.yaml"));
    private static final String WRITE = "{'name':'write_file','arguments':{'path':'a.txt','content':'new'}}";
    private static final String MOVE = "{'name':'move_file','arguments':{'source':'a.txt','destination':'b.txt'}}";
    private static final String ABSENT = "ENOENT: no such file or directory, open '/srv/a.txt'";

    private static CallReading.CallMeaning meaning(String params, Header... headers) {
        HttpCall call = new HttpCall(
                "POST",
                "files.example",
                "/mcp",
                List.of(),
                Stream.concat(Stream.of(new Header("content-type", "application/json")), Stream.of(headers))
                        .toList(),
                json("{'jsonrpc':'2.0','id':7,'method':'tools/call','params':" + params + "}"));
        assertThat(FILES.read(call)).isInstanceOf(CallReading.CallMeaning.class);
        return (CallReading.CallMeaning) FILES.read(call);
    }

    private static Undo undo(String params) {
        return meaning(params).undo().orElseThrow();
    }

    private static Undo edit(String edits) {
        return undo("{'name':'edit_file','arguments':{'path':'a.txt','edits':[" + edits + "]}}");
    }

    private static Bytes json(String text) {
        return Bytes.utf8(text.replace('\'', '"'));
    }

    private static Bytes answer(String members) {
        return json("{'jsonrpc':'2.0','id':'interlock-tools'," + members + "}");
    }

    private static Bytes file(String text) {
        return answer("'result':{'content':[{'type':'text','text':'" + text + "'}]}");
    }

    private static Bytes error(String text) {
        return Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":\"interlock-tools\",\"result\":{\"isError\":true,"
                + "\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}}");
    }

    private static String text(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8).replace('"', '\'');
    }

    private static String restoration(Undo undo, Bytes shown) {
        UndoState before = undo.before(shown).orElseThrow();
        HttpCall call = HttpCall.of(undo.restoration(before, Optional.of(shown)).orElseThrow());
        assertThat(FILES.read(call)).isInstanceOf(CallReading.CallMeaning.class);
        return text(call);
    }

    private static void requireChange(Action action) {
        assertThat(action.impacts()).containsExactly(Impact.WRITE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.RECOVERABLE);
    }

    @Test
    void aFileThatIsWrittenGetsItsTextBack() {
        assertThat(meaning(WRITE).actions().getFirst().impacts()).containsExactly(Impact.DESTROY);
        Undo undo = undo(WRITE);
        requireChange(undo.action());
        assertThat(text(HttpCall.of(undo.question())))
                .contains("'name':'read_text_file'", "'arguments':{'path':'a.txt'}");
        assertThat(restoration(undo, file("old"))).contains("'name':'write_file'", "'path':'a.txt'", "'content':'old'");
        assertThat(undo.present(file("new"))
                        .orElseThrow()
                        .differences(undo.after(undo.before(file("old")).orElseThrow())))
                .isEmpty();
        assertThat(undo.present(file("other"))
                        .orElseThrow()
                        .differences(undo.after(undo.before(file("old")).orElseThrow())))
                .containsExactly("content");
    }

    @Test
    void anAnswerInAStreamOfEventsShowsTheSame() {
        Bytes events = Bytes.utf8(
                "event: message\ndata: " + new String(file("old").toArray(), StandardCharsets.UTF_8) + "\n\n");
        assertThat(restoration(undo(WRITE), events)).contains("'content':'old'");
    }

    /** A signer reads this line: a file that is emptied is not a part of something. */
    @Test
    void theHeadlineSaysThatTheContentsOfAFileAreLost() {
        Action emptied = meaning("{'name':'write_file','arguments':{'path':'a.txt','content':''}}")
                .actions()
                .getFirst();
        Placement place = Fixtures.place(emptied.resources().iterator().next().toString(), "staging");
        Json.Members meaning =
                Fixtures.resolved(Fixtures.wide(), List.of(emptied), place).meaning();
        assertThat(Headline.of(meaning.objects("actions"), meaning.object("radius")))
                .isEqualTo("Destroy contents of file a.txt in staging");
    }

    /** A text that is emptied is asked about everywhere, kept or not; an empty file that is new loses nothing. */
    @Test
    void anEmptiedFileIsALoss() {
        Undo undo = undo(WRITE.replace("'new'", "''"));
        assertThat(undo.action().impacts()).contains(Impact.DESTROY);
        requireChange(undo.addition());
    }

    @Test
    void whereNothingWasAWriteOnlyAdds() {
        Undo undo = undo(WRITE);
        UndoState before = undo.before(error(ABSENT)).orElseThrow();
        assertThat(undo.onlyAdds(before)).isTrue();
        requireChange(undo.addition());
        assertThat(undo.restoration(before, Optional.empty())).isEmpty();
        assertThat(undo.onlyAdds(undo.before(file("old")).orElseThrow())).isFalse();
    }

    /** Another error, bytes that are no text, somebody else's answer: the file may be there, and would be lost. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "'result':{'isError':true,'content':[{'type':'text','text':'EACCES: permission denied'}]}",
                "'result':{'isError':true,'content':[{'type':'text','text':'EISDIR, open ENOENT: no such file or directory'}]}",
                "'result':{'isError':'yes','content':[{'type':'text','text':'ENOENT: no such file or directory'}]}",
                "'error':{'code':-1,'message':'ENOENT: no such file or directory'}",
                "'result':{'content':[{'type':'text','text':'a\ufffdb'}]}",
                "'result':{'content':[{'type':'text','text':'a\\ufffdb'}]}",
                "'result':{'content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}",
                "'result':{'content':[{'type':'image','data':'aaaa'}]}",
                "'result':{'content':[]}",
                "'result':{'content':[{'type':'text','text':'a'},{'type':'image','data':'aaaa'}]}",
                "'result':{'content':[{'type':'other','text':'a'}]}",
                "'result':{'content':[{'type':'text','text':null}]}",
                "'result':{'content':[{'type':'text','text':'\\ud800'}]}",
                "'result':{'isError':true,'content':[{'type':'text','text':'ENOENT: no such file or directory'},{'type':'text','text':'or not'}]}",
                "'result':null"
            })
    void anythingElseShowsNoState(String members) {
        assertThat(undo(WRITE).before(answer(members))).isEmpty();
    }

    @Test
    void anAnswerToSomethingElseShowsNoState() {
        for (String id : List.of("7", "'other'", "null")) {
            assertThat(undo(WRITE)
                            .before(json("{'jsonrpc':'2.0','id':" + id
                                    + ",'result':{'content':[{'type':'text','text':'old'}]}}")))
                    .as(id)
                    .isEmpty();
        }
        assertThat(undo(WRITE).before(Bytes.utf8("not JSON"))).isEmpty();
    }

    @Test
    void anEditIsComparedWithWhatItMakes() {
        Undo undo = edit("{'oldText':'b','newText':'B'},{'oldText':'c','newText':''}");
        requireChange(undo.action());
        assertThat(restoration(undo, file("abcb"))).contains("'name':'write_file'", "'content':'abcb'");
        UndoState before = undo.before(file("abcb")).orElseThrow();
        assertThat(undo.present(file("aBb")).orElseThrow().differences(undo.after(before)))
                .isEmpty();
        assertThat(undo.present(file("aBb!")).orElseThrow().differences(undo.after(before)))
                .containsExactly("content");
    }

    /** As a file that is written empty. */
    @Test
    void anEditThatLeavesNothingIsALoss() {
        assertThat(edit("{'oldText':'ab','newText':''}").before(file("ab"))).isEmpty();
        assertThat(edit("{'oldText':'ab','newText':''}").before(file("abc"))).isPresent();
    }

    @Test
    void manyEditsOfALongTextAreNotTried() {
        String edits = String.join(",", Collections.nCopies(100, "{'oldText':'a','newText':'b'}"));
        assertThat(edit(edits).before(file("a".repeat(1_000)))).isPresent();
        assertThat(edit(edits).before(file("a".repeat(1_000_000)))).isEmpty();
    }

    /** The server would look for such a text in its own way, and nobody could say later whether something changed. */
    @Test
    void anEditOfWhatIsNotThereInThisSpellingIsNotKept() {
        Undo undo = edit("{'oldText':' b','newText':'B'}");
        for (Bytes shown : List.of(file("ab"), file("a b\\r\\n"), error(ABSENT))) {
            assertThat(undo.before(shown)).isEmpty();
        }
    }

    @Test
    void aMoveIsMovedBackWhereNothingWas() {
        Undo undo = undo(MOVE);
        requireChange(undo.action());
        assertThat(text(HttpCall.of(undo.question()))).contains("'name':'get_file_info'", "'path':'b.txt'");
        assertThat(restoration(undo, error(ABSENT)))
                .contains("'name':'move_file'", "'source':'b.txt'", "'destination':'a.txt'");
        assertThat(undo.before(file("size: 1"))).as("that would be lost").isEmpty();
        UndoState before = undo.before(error(ABSENT)).orElseThrow();
        assertThat(undo.present(file("size: 2")).orElseThrow().differences(undo.after(before)))
                .isEmpty();
        assertThat(undo.present(error(ABSENT)).orElseThrow().differences(before))
                .isEmpty();
    }

    /** An undo takes back no execution, and no text of what only its name makes dangerous. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name':'write_file','arguments':{'path':'.github/workflows/x.yml','content':'x'}}",
                "{'name':'write_file','arguments':{'path':'/home/ann/.bashrc','content':'x'}}",
                "{'name':'write_file','arguments':{'path':'CODEOWNERS/.','content':'x'}}",
                "{'name':'write_file','arguments':{'path':'.local//bin/x','content':'x'}}",
                "{'name':'write_file','arguments':{'path':'.local/a/../bin/x','content':'x'}}",
                "{'name':'move_file','arguments':{'source':'a','destination':'.github/workflows/x.yml'}}",
                "{'name':'move_file','arguments':{'source':'CODEOWNERS','destination':'b'}}"
            })
    void whatMachinesRunStaysWhatItIs(String params) {
        Action kept = undo(params).action();
        assertThat(kept.impacts()).contains(Impact.EXECUTE);
        assertThat(kept.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    /** The server answers an edit with the lines around it. */
    @Test
    void anEditOfAFileWithSecretsReadsIt() {
        Undo undo = undo(
                "{'name':'edit_file','arguments':{'path':'credentials.json','edits':[{'oldText':'a','newText':'b'}]}}");
        assertThat(undo.action().impacts()).contains(Impact.CREDENTIAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"id_rsa", "id_rsa/", "secrets.json/.", ".aws//credentials", "a/../prod.env", "prod.env/x/.."})
    void aSecretIsReadInAnySpellingOfItsPath(String path) {
        assertThat(meaning("{'name':'read_text_file','arguments':{'path':'" + path + "'}}")
                        .actions()
                        .getFirst()
                        .impacts())
                .contains(Impact.CREDENTIAL);
    }

    @Test
    void aCallWithoutSessionsIsAskedAboutInItsOwnVersion() {
        String meta = "'_meta':{'" + McpMessage.VERSION + "':'2026-07-28','" + McpMessage.CAPABILITIES + "':{}}";
        HttpCall question = HttpCall.of(meaning(
                        WRITE.replace("'arguments'", meta + ",'arguments'"),
                        new Header("mcp-protocol-version", "2026-07-28"),
                        new Header("mcp-method", "tools/call"),
                        new Header("mcp-name", "write_file"))
                .undo()
                .orElseThrow()
                .question());
        assertThat(question.header("mcp-name")).hasValue("read_text_file");
        assertThat(FILES.read(question)).isInstanceOf(CallReading.CallMeaning.class);
    }

    /** Only tools of MCP have such an error; elsewhere the line would promise what nothing keeps. */
    @ParameterizedTest
    @ValueSource(strings = {"github", "railway"})
    void otherCatalogsNameNoErrorForWhatIsAbsent(String name) {
        String text = new String(Catalogs.resource(name + ".yaml").toArray(), StandardCharsets.UTF_8);
        Bytes wrong = Bytes.utf8(text.replaceFirst("( +)undo:\\R", "$1undo:\n$1  absent: not found\n"));
        assertThatThrownBy(() -> Catalogs.read(name + ".yaml", wrong))
                .hasMessageContaining("absent", "is the error of a tool of MCP");
    }

    private static final String PAGES = """
            format: interlock-catalog@v1
            provider: pages
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              get: {takes: id, impacts: [read], reversibility: reversible}
              set:
                takes: id text header
                impacts: [destroy]
                reversibility: irreversible
                undo:
                  read: get
                  arguments: {id: "{id}"}
                  absent: nothing
                  values: {text: answer.structuredContent.text}
                  restore: set
                  sends: {id: "{id}"}
                  kept: [write]
            """;

    private static Optional<Undo> set(String arguments) {
        HttpCall call = new HttpCall(
                "POST",
                "pages.example",
                "/mcp",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                json("{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'set','arguments':{" + arguments
                        + "}}}"));
        return ((CallReading.CallMeaning)
                        Catalogs.read("pages.yaml", Bytes.utf8(PAGES)).read(call))
                .undo();
    }

    @Test
    void anArgumentThatIsNotKeptIsNotUndoneWhateverItsName() {
        assertThat(set("'id':'1','text':'new'")).isPresent();
        assertThat(set("'id':'1','text':'new','header':'new'")).isEmpty();
    }

    @Test
    void onlyTheErrorSaysThatNothingIsThere() {
        Undo undo = set("'id':'1','text':'new'").orElseThrow();
        String shown = "'result':{'content':[{'type':'text','text':'x'}],'structuredContent':";
        assertThat(undo.before(answer(shown + "{'text':'old'}}"))).isPresent();
        assertThat(undo.before(answer(shown + "{'text':null}}"))).isEmpty();
        assertThat(undo.before(answer(shown + "null}"))).isEmpty();
        assertThat(undo.before(error("nothing")).map(undo::onlyAdds)).hasValue(true);
    }
}
