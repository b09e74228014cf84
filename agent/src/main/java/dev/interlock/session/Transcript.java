package dev.interlock.session;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * A transcript that an agent wrote of its own session: one JSON object a line, as Claude Code and Codex write it. The
 * reader is lenient: a transcript proves nothing about the agent, and lines that it does not understand are skipped.
 */
final class Transcript {

    /** Maximum length of a line. A file that a model read or wrote is one line. Longer lines are skipped. */
    private static final int MAX_LINE = 4 << 20;

    /** Maximum length of a displayed entry. The record has all of it. */
    private static final int MAX_TEXT = 4_000;

    /** Maximum of entries from one file. */
    private static final int MAX_SAYINGS = 20_000;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(60)
                            .maxNumberLength(40)
                            .maxNameLength(1_000)
                            .maxStringLength(MAX_LINE)
                            .build())
                    .build())
            .build();

    private final String name;
    private final Consumer<TranscriptEntry> each;
    private Instant latest = Instant.EPOCH;
    private long passed;
    private long notUnderstood;

    private Transcript(String name, Consumer<TranscriptEntry> each) {
        this.name = name;
        this.each = each;
    }

    static void read(Path file, Consumer<TranscriptEntry> each) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS))) {
            read(in, file.getFileName().toString(), each);
        }
    }

    /** Reads a transcript. {@code name} names the file in notes about left-out entries. */
    static void read(InputStream in, String name, Consumer<TranscriptEntry> each) throws IOException {
        Transcript transcript = new Transcript(name, each);
        transcript.read(in);
        transcript.tell(transcript.passed - MAX_SAYINGS, "sayings");
        transcript.tell(transcript.notUnderstood, "lines, too long or not in a form that is known,");
    }

    private void tell(long left, String what) {
        if (left > 0) {
            each.accept(new TranscriptEntry(
                    latest, TranscriptEntry.Kind.LEFT_OUT, left + " " + what + " of `" + name + "`"));
        }
    }

    private void read(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean tooLong = false;
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                line(line, tooLong);
                tooLong = false;
            } else if (line.size() == MAX_LINE) {
                tooLong = true;
            } else {
                line.write(b);
            }
        }
        line(line, tooLong);
    }

    private void line(ByteArrayOutputStream line, boolean tooLong) {
        byte[] bytes = line.toByteArray();
        line.reset();
        if (bytes.length == 0) {
            return;
        }
        if (tooLong) {
            notUnderstood++;
            return;
        }
        try {
            JsonNode entry = JSON.readTree(bytes);
            if (!entry.has("timestamp")) {
                return; // such as the titles that Claude Code gives its sessions
            }
            Instant at = Instant.parse(entry.path("timestamp").asText());
            latest = at;
            claude(at, entry);
            codex(at, entry);
        } catch (IOException | DateTimeException e) {
            notUnderstood++;
        }
    }

    /** {@code {"type":"assistant","message":{"content":[{"type":"text"}, {"type":"tool_use"}]}}}. */
    private void claude(Instant at, JsonNode entry) {
        boolean model = entry.path("type").asText().equals("assistant");
        if (!model && !entry.path("type").asText().equals("user")) {
            return;
        }
        JsonNode content = entry.path("message").path("content");
        if (content.isTextual()) {
            say(at, model ? TranscriptEntry.Kind.SAID : TranscriptEntry.Kind.ASKED, content.asText());
        }
        for (JsonNode block : content) {
            switch (block.path("type").asText()) {
                case "text" ->
                    say(
                            at,
                            model ? TranscriptEntry.Kind.SAID : TranscriptEntry.Kind.ASKED,
                            block.path("text").asText());
                case "tool_use" -> call(at, block.path("name").asText(), block.path("input"));
                default -> {
                    // Tool results and thoughts are neither statements nor actions.
                }
            }
        }
    }

    /** {@code {"type":"response_item","payload":{"type":"message"|"function_call"|…}}}. */
    private void codex(Instant at, JsonNode entry) {
        if (!entry.path("type").asText().equals("response_item")) {
            return;
        }
        JsonNode item = entry.path("payload");
        switch (item.path("type").asText()) {
            case "message" -> {
                boolean model = item.path("role").asText().equals("assistant");
                for (JsonNode block : item.path("content")) {
                    say(
                            at,
                            model ? TranscriptEntry.Kind.SAID : TranscriptEntry.Kind.ASKED,
                            block.path("text").asText());
                }
            }
            case "function_call" -> call(at, item.path("name").asText(), item.path("arguments"));
            case "custom_tool_call" -> call(at, item.path("name").asText(), item.path("input"));
            case "local_shell_call" -> call(at, "shell", item.path("action").path("command"));
            default -> {
                // Tool results and thoughts are skipped.
            }
        }
    }

    private void call(Instant at, String name, JsonNode arguments) {
        JsonNode command = arguments.path("command");
        String what = arguments.isTextual()
                ? arguments.asText()
                : command.isTextual() ? command.asText() : arguments.toString();
        say(at, TranscriptEntry.Kind.CALL, name + "  " + what);
    }

    private void say(Instant at, TranscriptEntry.Kind kind, String text) {
        if (!text.isBlank() && passed++ < MAX_SAYINGS) {
            each.accept(new TranscriptEntry(at, kind, text.length() <= MAX_TEXT ? text : cut(text)));
        }
    }

    private static String cut(String text) {
        return text.substring(0, MAX_TEXT) + "… and " + (text.length() - MAX_TEXT) + " characters more";
    }
}
