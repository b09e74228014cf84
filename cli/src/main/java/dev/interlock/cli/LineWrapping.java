package dev.interlock.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Wraps text to a readable width. */
final class LineWrapping {

    static final int WIDEST = 100;

    /** The minimum width. Below it, every line would be broken. */
    private static final int NARROWEST = 40;

    private static final long PATIENCE_SECONDS = 2;

    private LineWrapping() {}

    /** Each line but the first is indented. Text without a space, such as a name to copy, stays in one piece. */
    static List<String> of(String line, int width, int indent) {
        List<String> lines = new ArrayList<>();
        String rest = line;
        String margin = "";
        while (margin.length() + columns(rest) > width) {
            int room = rest.offsetByCodePoints(0, width - margin.length());
            int space = rest.lastIndexOf(' ', room);
            // A break is useless if only indentation is before it, or less than the indentation of the next lines.
            if (space < 0 || rest.substring(0, space).isBlank() || (margin.isEmpty() && space < indent)) {
                space = rest.indexOf(
                        ' ', Math.max(room, rest.length() - rest.stripLeading().length()));
            }
            if (space < 0) {
                break;
            }
            lines.add(margin + rest.substring(0, space).stripTrailing());
            rest = rest.substring(space).stripLeading();
            margin = " ".repeat(indent);
        }
        lines.add(margin + rest);
        return lines;
    }

    private static int columns(String text) {
        return text.codePointCount(0, text.length());
    }

    static int ofTerminal() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            boolean ended = stty.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return ended && said.matches("[0-9]{1,4} [0-9]{1,4}")
                    ? Math.clamp(Integer.parseInt(said.substring(said.indexOf(' ') + 1)), NARROWEST, WIDEST)
                    : WIDEST;
        } catch (IOException e) {
            return WIDEST;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return WIDEST;
        }
    }
}
