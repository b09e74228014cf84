package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The output of commands: a table for people or one JSON value for programs, never both. The text may contain names of
 * files, messages of other programs and anything else that somebody has chosen. So all terminal controls are escaped.
 */
final class Terminal {

    /** The minimum number of columns for a readable sentence. */
    private static final int ROOM = 36;

    private static final int BELOW = 4;

    private final PrintStream out;
    private final PrintStream err;

    /** 0 until it is needed. */
    private int width;

    Terminal(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    void line(String text) {
        out.println(VisibleText.lines(text));
    }

    /** Prints running text; a long line continues below, indented by {@code indent} columns. */
    void prose(String text, int indent) {
        VisibleText.lines(text)
                .lines()
                .forEach(line -> LineWrapping.of(line, width(), indent).forEach(out::println));
    }

    /** Does the same for people; for programs, which search and cut lines, it prints one line. */
    void row(String text, int indent) {
        if (isInteractive()) {
            prose(text, indent);
        } else {
            line(text);
        }
    }

    private int width() {
        if (width == 0) {
            width = isInteractive() ? LineWrapping.ofTerminal() : LineWrapping.WIDEST;
        }
        return width;
    }

    /** Prints JSON, which is UTF-8 in every locale (RFC 8259, 8.1). */
    void json(Json value) {
        out.writeBytes((value.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Prints {@code result} for programs, or else {@code text} for people. Returns the exit code of success. */
    int answer(Options options, Record result, Runnable text) {
        return answer(options.json(), result, text);
    }

    int answer(boolean json, Record result, Runnable text) {
        if (json) {
            json(result instanceof Json value ? value : RecordJson.write(result));
        } else {
            text.run();
        }
        return ExitCodes.OK;
    }

    /** Shows what a person reads before a signature: on standard error, if programs read the rest. */
    void show(Options options, String text) {
        if (options.json()) {
            aside(text);
        } else {
            line(text);
        }
    }

    int answer(Options options, Record result, String line) {
        return answer(options, result, () -> line(line));
    }

    int answer(Options options, Record result, List<String> headings, List<List<String>> cells) {
        return answer(options, result, () -> table(headings, cells));
    }

    void problem(String text) {
        err.println("interlock: " + VisibleText.lines(text));
    }

    void aside(String text) {
        err.println(VisibleText.lines(text));
    }

    void trace(Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        err.print(VisibleText.lines(trace.toString()));
    }

    boolean isInteractive() {
        return console().isPresent();
    }

    /** Asks a person; empty without a person or an answer. */
    Optional<String> ask(String question) {
        return console()
                .map(console -> console.readLine("%s: ", VisibleText.lines(question)))
                .map(String::strip)
                .filter(answer -> !answer.isEmpty());
    }

    /** Asks a person to agree; false without a person, or for any answer but yes. */
    boolean agrees(String question) {
        return ask(question + " y or n")
                .filter(answer -> answer.equalsIgnoreCase("y") || answer.equalsIgnoreCase("yes"))
                .isPresent();
    }

    /** Asks a person for a secret without echo; empty without a person. The caller must wipe the answer. */
    Optional<char[]> askHidden(String question) {
        return console().map(console -> console.readPassword("%s: ", VisibleText.lines(question)));
    }

    /** A console exists even without a terminal; only {@code isTerminal} distinguishes them. */
    private static Optional<Console> console() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal);
    }

    void table(List<String> headings, List<List<String>> cells) {
        List<List<String>> rows = cells.stream()
                .map(row -> row.stream().map(VisibleText::line).toList())
                .toList();
        int[] widths = new int[headings.size()];
        for (int column = 0; column < widths.length; column++) {
            int here = column;
            widths[column] = rows.stream()
                    .mapToInt(row -> row.get(here).length())
                    .reduce(headings.get(column).length(), Math::max);
        }
        row(headings, widths);
        rows.forEach(row -> row(row, widths));
    }

    private void row(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column + 1 < widths.length; column++) {
            line.append(cells.get(column))
                    .append(" ".repeat(widths[column] + 2 - cells.get(column).length()));
        }
        int last = line.length();
        line.append(cells.getLast());
        String whole = line.toString().stripTrailing();
        if (!isInteractive() || whole.length() <= width()) {
            out.println(whole);
        } else if (width() - last >= ROOM) {
            LineWrapping.of(whole, width(), last).forEach(out::println);
        } else {
            // The space beside the other columns is too narrow to read: the last column goes below them.
            out.println(line.substring(0, last).stripTrailing());
            LineWrapping.of(" ".repeat(BELOW) + cells.getLast(), width(), BELOW).forEach(out::println);
        }
    }
}
