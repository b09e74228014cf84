package dev.interlock.cli;

import dev.interlock.action.Plain;
import dev.interlock.evidence.Json;
import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;

/**
 * Where commands print: a table for people or one JSON value for programs, never both. Names of files, messages of
 * other programs, and whatever else somebody may have made up stand in it: nothing of it is obeyed by a terminal.
 */
final class Terminal {

    /** Columns that a sentence needs to be read in. */
    private static final int ROOM = 36;

    private static final int BELOW = 4;

    private final PrintStream out;
    private final PrintStream err;

    /** 0 until somebody needs it. */
    private int width;

    Terminal(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    void line(String text) {
        out.println(Plain.lines(text));
    }

    /** What is read from top to bottom: a line that is too wide goes on below, {@code indent} columns in. */
    void prose(String text, int indent) {
        Plain.lines(text)
                .lines()
                .forEach(line -> Lines.of(line, width(), indent).forEach(out::println));
    }

    /** The same where people sit; elsewhere it is one line, which programs search and cut. */
    void row(String text, int indent) {
        if (isInteractive()) {
            prose(text, indent);
        } else {
            line(text);
        }
    }

    private int width() {
        if (width == 0) {
            width = isInteractive() ? Lines.ofTerminal() : Lines.WIDEST;
        }
        return width;
    }

    void json(Json value) {
        out.println(value.canonicalText());
    }

    void problem(String text) {
        err.println("interlock: " + Plain.lines(text));
    }

    /** For people, where programs read the rest. */
    void aside(String text) {
        err.println(Plain.lines(text));
    }

    /** Where something went wrong in this program itself. */
    void trace(Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        err.print(Plain.lines(trace.toString()));
    }

    /** Whether a person sits at it. */
    boolean isInteractive() {
        return console().isPresent();
    }

    /** Asks a person; empty where there is none, or no answer. */
    Optional<String> ask(String question) {
        return console()
                .map(console -> console.readLine("%s: ", Plain.lines(question)))
                .map(String::strip)
                .filter(answer -> !answer.isEmpty());
    }

    /** Asks a person for what must not be seen; empty where there is none. The answer is to be wiped. */
    Optional<char[]> askUnseen(String question) {
        return console().map(console -> console.readPassword("%s: ", Plain.lines(question)));
    }

    /** A console is there even where nobody sits; it tells only by {@code isTerminal}. */
    private static Optional<Console> console() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal);
    }

    /** Prints rows under headings, each column as wide as its widest cell. */
    void table(List<String> headings, List<List<String>> cells) {
        List<List<String>> rows = cells.stream()
                .map(row -> row.stream().map(Plain::line).toList())
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
            line.append(pad(cells.get(column), widths[column] + 2));
        }
        int last = line.length();
        line.append(cells.getLast());
        String whole = line.toString().stripTrailing();
        if (!isInteractive() || whole.length() <= width()) {
            out.println(whole);
        } else if (width() - last >= ROOM) {
            Lines.of(whole, width(), last).forEach(out::println);
        } else {
            // What is left beside the other columns is too little to be read: it stands below them.
            out.println(line.substring(0, last).stripTrailing());
            Lines.of(" ".repeat(BELOW) + cells.getLast(), width(), BELOW).forEach(out::println);
        }
    }

    private static String pad(String cell, int width) {
        return cell + " ".repeat(width - cell.length());
    }
}
