package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Resource;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.McpTools;
import dev.interlock.catalog.mcp.ToolPin;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests the pins in a catalog, and their comparison with what the server lists now. */
final class PinSectionTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: notes
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              read_note: {takes: note, impacts: [read], reversibility: reversible}
              list_notes: {impacts: [read], reversibility: reversible}
            """;

    private static ToolPin pin(String name, String description) {
        return pin(Json.object().with("name", name).with("description", description));
    }

    private static ToolPin pin(Json.Members tool) {
        return ToolPin.read(tool.canonicalText());
    }

    private static McpTools read(String catalog) {
        return Catalogs.read("notes.yaml", Bytes.utf8(catalog)).tools().orElseThrow();
    }

    /** Each character that a pin may have comes back out of the file. */
    @Test
    void whatIsWrittenIsRead() {
        StringBuilder all = new StringBuilder("it's: {\"a\": [1]} # no comment\n\t- & * ! | > % @ `\r\n'' ");
        for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x30000 ? 1 : 0x101) {
            // A reader of JSON refuses a byte order mark, wherever it is.
            if (c != 0xfeff && (c > 0xffff || !Character.isSurrogate((char) c))) {
                String one = Character.toString(c);
                if (!pin("a", one).hasHiddenText()) {
                    all.append(one);
                }
            }
        }
        ToolPin pin = pin("read_note", all.toString());
        assertThat(read(CATALOG + PinSection.of(List.of(pin))).pins()).isEqualTo(Map.of("read_note", pin));
    }

    @Test
    void pinsAreReplacedAndToolsAdded() {
        String before = CATALOG + PinSection.of(List.of(pin("read_note", "old")));
        String after = PinSection.replaced(
                before,
                List.of(pin("read_note", "new"), pin("get_note", "b")),
                List.of("  get_note: {impacts: [read], reversibility: reversible}"));
        assertThat(after).startsWith(CATALOG).doesNotContain("old");
        assertThat(read(after).pins()).containsOnlyKeys("read_note", "get_note");
        assertThat(read(after).names()).containsExactlyInAnyOrder("read_note", "list_notes", "get_note");
        assertThat(PinSection.replaced(before, List.of(), List.of())).isEqualTo(CATALOG);
    }

    @Test
    void aCatalogInAnotherOrderStaysAsItIs() {
        String pins = PinSection.of(List.of(pin("read_note", "old")));
        assertThatThrownBy(() -> PinSection.replaced(pins + CATALOG, List.of(), List.of()))
                .hasMessageContaining("`pins` is not the last section");
        String methods = CATALOG + "methods: [prompts/get]\n";
        assertThatThrownBy(() -> PinSection.replaced(methods, List.of(), List.of("  get_note: {}")))
                .hasMessageContaining("`tools` is not the last section");
        assertThat(PinSection.replaced(methods, List.of(), List.of())).isEqualTo(methods);
    }

    @Test
    void aPinThatIsWrongOrOfNoListedToolIsAMistake() {
        for (String pins : List.of(
                PinSection.of(List.of(pin("other", "a"))),
                "pins:\n  \"read_note\": '" + pin("list_notes", "a").text() + "'\n",
                "pins:\n  \"read_note\": '{\"name\": \"read_note\"}'\n",
                PinSection.of(List.of(pin("read_note", "a\u202eb"))))) {
            assertThat(Catalogs.mistakes("notes.yaml", Bytes.utf8(CATALOG + pins)))
                    .as(pins)
                    .hasSize(1);
        }
    }

    @Test
    void toolsAreComparedWithTheirPins() {
        McpTools tools = new McpTools(
                "/mcp",
                new Resource("notes", "account", "self"),
                Set.of("same", "changed", "unpinned", "gone", "concealing"),
                Map.of("same", pin("same", "a"), "changed", pin("changed", "a"), "concealing", pin("concealing", "a")),
                Set.of(),
                Set.of(),
                Set.of(),
                Set.of());
        List<ToolPin> now = List.of(
                pin("same", "a"),
                pin("changed", "b"),
                pin("unpinned", "a"),
                pin("concealing", "\u200b"),
                pin("list_new", "a"),
                pin("list_veiled", "a\u00ad"),
                pin("no name", "a"));
        PinComparison comparison = PinComparison.of(
                tools,
                new McpDirectory.Listing(
                        now.stream().map(pin -> ListedTool.of(pin)).toList(),
                        now.stream().collect(Collectors.toMap(ToolPin::name, pin -> pin)),
                        Set.of()),
                Optional.empty());
        assertThat(comparison.changed()).isEqualTo(Map.of("changed", List.of("description")));
        assertThat(comparison.unpinned()).containsExactly("unpinned");
        assertThat(comparison.gone()).containsExactly("gone");
        assertThat(comparison.hidden()).containsExactly("concealing", "list_veiled");
        assertThat(comparison.added().stream().map(tool -> tool.tool().name())).containsExactly("list_new");
    }

    @Test
    void aDifferenceIsShownInLinesThatATerminalCanShow() {
        assertThat(PinComparison.difference(
                        pin("a", "first\nsecond\nlast"), pin("a", "first\n\u001b[2Jsecond\nmore\nlast"), "description"))
                .containsExactly("- second", "+ \\u{1b}[2Jsecond", "+ more");
        Json.Members schema = Json.object().with("type", "object");
        ToolPin before = pin(Json.object().with("name", "a").with("inputSchema", schema));
        ToolPin after = pin(Json.object().with("name", "a").with("inputSchema", schema.with("title", "t")));
        assertThat(PinComparison.difference(before, after, "inputSchema")).containsExactly("+   \"title\" : \"t\",");
    }
}
