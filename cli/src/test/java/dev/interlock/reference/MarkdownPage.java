package dev.interlock.reference;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Markdown page under construction. */
final class MarkdownPage {

    /** The maximum length of a line of text. */
    private static final int WIDTH = 118;

    private final StringBuilder text = new StringBuilder();

    /** Begins a page that is generated, and says so. */
    MarkdownPage(String title, String introduction) {
        heading(1, title);
        text.append("<!-- Generated: `./build -pl cli -am -Dreference.write -Dtest=ReferencePagesTest")
                .append(" -Dsurefire.failIfNoSpecifiedTests=false` writes it anew. -->\n\n");
        paragraph(introduction);
    }

    MarkdownPage heading(int level, String title) {
        text.append("#".repeat(level)).append(' ').append(title).append("\n\n");
        return this;
    }

    /** Appends running text, in lines that a person can review, or nothing if it is blank. */
    MarkdownPage paragraph(String words) {
        if (words.isBlank()) {
            return this;
        }
        int column = 0;
        for (String word : words.strip().split("\\s+", -1)) {
            boolean fits = column + 1 + word.length() <= WIDTH;
            text.append(column == 0 ? "" : fits ? " " : "\n").append(word);
            column = column > 0 && fits ? column + 1 + word.length() : word.length();
        }
        text.append("\n\n");
        return this;
    }

    /** Appends a table, or nothing if it has no rows. */
    MarkdownPage table(List<String> columns, List<List<String>> rows) {
        if (!rows.isEmpty()) {
            Stream.concat(Stream.of(columns, columns.stream().map(_ -> "---").toList()), rows.stream())
                    .map(row -> row.stream()
                            .map(cell -> cell.replace("|", "\\|").replaceAll("\\s+", " "))
                            .collect(Collectors.joining(" | ", "| ", " |\n")))
                    .forEach(text::append);
            text.append('\n');
        }
        return this;
    }

    @Override
    public String toString() {
        return text.toString().stripTrailing() + "\n";
    }
}
