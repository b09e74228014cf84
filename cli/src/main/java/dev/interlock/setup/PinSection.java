package dev.interlock.setup;

import dev.interlock.catalog.mcp.ToolPin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The section {@code pins} of a catalog file, which is its last. */
public final class PinSection {

    private static final String HEAD = "pins:";

    private PinSection() {}

    /** Returns the section with {@code pins}, sorted; empty if there are none. */
    public static String of(Collection<ToolPin> pins) {
        StringBuilder section = new StringBuilder();
        pins.stream()
                .sorted(Comparator.comparing(ToolPin::name))
                .forEach(pin -> section.append("  \"")
                        .append(pin.name())
                        .append("\": '")
                        .append(pin.text().replace("'", "''"))
                        .append("'\n"));
        return section.isEmpty() ? "" : HEAD + "\n" + section;
    }

    /** Throws IllegalArgumentException if {@code tools} and {@code pins} are not its last sections, in this order. */
    public static String replaced(String catalog, Collection<ToolPin> pins, List<String> tools) {
        List<String> lines = new ArrayList<>(catalog.lines().toList());
        int at = lines.indexOf(HEAD);
        if (at >= 0) {
            if (lines.subList(at + 1, lines.size()).stream().anyMatch(PinSection::isHead)) {
                throw new IllegalArgumentException("`pins` is not the last section of the catalog; move it to the end");
            }
            lines.subList(at, lines.size()).clear();
        }
        boolean isLast = lines.reversed().stream()
                .filter(PinSection::isHead)
                .findFirst()
                .filter("tools:"::equals)
                .isPresent();
        if (!tools.isEmpty() && !isLast) {
            throw new IllegalArgumentException(
                    "`tools` is not the last section of the catalog before `pins`; move it there");
        }
        lines.addAll(tools);
        return String.join("\n", lines) + "\n" + of(pins);
    }

    private static boolean isHead(String line) {
        return line.matches("[^\\s#].*");
    }
}
