package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {

    private static List<String> said(String... lines) throws IOException {
        List<String> said = new ArrayList<>();
        byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
        Transcript.read(
                new ByteArrayInputStream(bytes),
                "t.jsonl",
                saying -> said.add(saying.kind().word() + " " + saying.text()));
        return said;
    }

    @Test
    void claudeCodesWordsAndCallsAreRead() throws Exception {
        assertThat(said("""
                        {"type":"user","timestamp":"2026-11-20T08:00:00.000Z","message":{"role":"user","content":"Look."}}""", """
                        {"type":"assistant","timestamp":"2026-11-20T08:00:01.000Z","message":{"content":[{"type":"thinking","thinking":"…"},{"type":"text","text":"I look."},{"type":"tool_use","name":"Bash","input":{"command":"ls -l","description":"x"}}]}}""", """
                        {"type":"user","timestamp":"2026-11-20T08:00:02.000Z","message":{"content":[{"type":"tool_result","content":"total 0"}]}}""")).containsExactly("asked Look.", "said I look.", "call Bash  ls -l");
    }

    @Test
    void codexWordsAndCallsAreRead() throws Exception {
        assertThat(said("""
                        {"timestamp":"2026-11-20T08:00:00Z","type":"session_meta","payload":{}}""", """
                        {"timestamp":"2026-11-20T08:00:00Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"Look."}]}}""", """
                        {"timestamp":"2026-11-20T08:00:01Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]}}""", """
                        {"timestamp":"2026-11-20T08:00:02Z","type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{\\"cmd\\":\\"ls\\"}"}}"""))
                .containsExactly("asked Look.", "said I look.", "call exec_command  {\"cmd\":\"ls\"}");
    }

    @Test
    void unclearEntriesAreCounted() throws Exception {
        assertThat(said("", "{", "[]", "null", "{\"timestamp\":\"never\"}", "{\"type\":\"assistant\"}", "\u0000"))
                .containsExactly("left out 3 lines, too long or not in a form that is known, of `t.jsonl`");
        assertThat(said("[".repeat(5_000), """
                {"type":"assistant","timestamp":"2026-11-20T08:00:01Z","message":{"content":[{"type":"text","text":"still"}]}}"""))
                .containsExactly(
                        "said still", "left out 1 lines, too long or not in a form that is known, of `t.jsonl`");
    }

    @Test
    void excessEntriesAreCounted() throws Exception {
        String one = """
                {"type":"assistant","timestamp":"2026-11-20T08:00:01Z","message":{"content":[{"type":"text","text":"%s"}]}}""";
        String[] lines = new String[20_003];
        Arrays.fill(lines, one.formatted("x"));
        lines[0] = one.formatted("y".repeat(4_100));
        List<String> said = said(lines);
        assertThat(said).hasSize(20_001).endsWith("left out 3 sayings of `t.jsonl`");
        assertThat(said.getFirst()).endsWith("y… and 100 characters more");
    }

    @Test
    void terminalControlsAreShownAsText() {
        assertThat(TerminalText.line("a\u001b[2Jb\n\u007f\u202e\u009b")).isEqualTo("a␛[2Jb␊␡\\u{202e}\\u{9b}");
        assertThat(TerminalText.line("x".repeat(50), 10)).hasSize(10).endsWith("…");
        assertThat(TerminalText.line("\ud83d\ude00".repeat(9), 4))
                .doesNotContain("?")
                .endsWith("…");
        assertThat(TerminalText.withoutSequences("\u001b[1;31mred\u001b[0m\u001b]0;title\u0007!"))
                .isEqualTo("red!");
        assertThat(TerminalText.scalar("a\ud83d")).isEqualTo("a\ufffd");
    }
}
