package dev.interlock.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The text of {@code interlock.yaml}. A change leaves every other line as it is. */
record PolicyText(Path file, String text) {

    static final String NO_UPSTREAMS = "upstreams: {}";
    private static final String UPSTREAMS = "upstreams:";
    private static final String BUDGETS = "budgets:";

    /** More pages than an agent reads in an hour; in their addresses it can send 4 MiB out. */
    private static final List<String> PAGES = List.of(
            "  # Pages of the web: each address may carry 2 KiB out.",
            "  web:",
            "    per: [agent]",
            "    operations: [web/page, web/directory]",
            "    at-most: 2000",
            "    within: 1h");

    private static final String WITHOUT_APPROVAL = "without-approval:";

    static PolicyText read(Path file) throws IOException {
        return new PolicyText(file, Files.readString(file));
    }

    /** As its first upstreams; throws IllegalArgumentException if it has no place for them. */
    PolicyText with(List<UpstreamLines> added) {
        List<String> all = new ArrayList<>(text.lines().toList());
        all.replaceAll(line -> line.equals(NO_UPSTREAMS) ? UPSTREAMS : line);
        int at = all.indexOf(UPSTREAMS);
        if (at < 0) {
            throw new IllegalArgumentException("`" + file + "` has no line `" + UPSTREAMS + "` to add to; write it so");
        }
        all.addAll(at + 1, added.stream().flatMap(one -> one.lines().stream()).toList());
        added.stream().filter(UpstreamLines::isWeb).findFirst().ifPresent(_ -> {
            all.replaceAll(line -> line.equals(BUDGETS + " {}") ? BUDGETS : line);
            if (!all.contains(BUDGETS)) {
                all.addAll(List.of("", BUDGETS));
            }
            all.addAll(all.indexOf(BUDGETS) + 1, PAGES);
        });
        return of(all);
    }

    /** Comments above them stay, because nobody knows what else they are about. */
    PolicyText without(String name) {
        List<String> all = new ArrayList<>(text.lines().toList());
        int section = all.indexOf(UPSTREAMS);
        Pattern head = Pattern.compile("( +)[\"']?" + Pattern.quote(name) + "[\"']?:(?: .*)?");
        List<Integer> starts = IntStream.range(section + 1, section < 0 ? 0 : end(all, section))
                .filter(at -> head.matcher(all.get(at)).matches() && indent(all.get(at)) == indent(all, section + 1))
                .boxed()
                .toList();
        if (starts.size() != 1) {
            throw new IllegalArgumentException("`" + file + "` does not have `" + name
                    + "` on a line of its own below `" + UPSTREAMS + "`; remove it by hand");
        }
        int start = starts.getFirst();
        all.subList(start, end(all, start)).clear();
        if (IntStream.range(section + 1, end(all, section)).allMatch(at -> isEmpty(all.get(at)))) {
            all.set(section, NO_UPSTREAMS);
        }
        int pages = Collections.indexOfSubList(all, PAGES);
        if (pages >= 0 && name.equals(UpstreamLines.WEB)) {
            all.subList(pages, pages + PAGES.size()).clear(); // no operation is left that it could count
        }
        return of(all);
    }

    /** With {@code exempt} among what a policy may permit although it is grave. */
    PolicyText withoutApproval(Set<String> exempt) {
        if (exempt.isEmpty()) {
            return this;
        }
        List<String> all = new ArrayList<>(text.lines().toList());
        int at = IntStream.range(0, all.size())
                .filter(line -> all.get(line).startsWith(WITHOUT_APPROVAL))
                .findFirst()
                .orElse(-1);
        String list =
                at < 0 ? "" : all.get(at).substring(WITHOUT_APPROVAL.length()).strip();
        if (list.startsWith("[") && list.contains("]")) {
            boolean isEmpty = list.substring(1).stripLeading().startsWith("]");
            all.set(at, all.get(at).replaceFirst("]", (isEmpty ? "" : ", ") + String.join(", ", exempt) + "]"));
        } else if (list.isEmpty() || list.startsWith("#")) {
            String indent = " ".repeat(at < 0 ? 2 : Math.max(0, indent(all, at + 1)));
            if (at < 0) {
                all.addAll(List.of("", WITHOUT_APPROVAL));
                at = all.size() - 1;
            }
            all.addAll(at + 1, exempt.stream().map(name -> indent + "- " + name).toList());
        } else {
            throw new IllegalArgumentException("`" + file + "` has no list after `" + WITHOUT_APPROVAL + "` to add to");
        }
        return of(all);
    }

    private PolicyText of(List<String> lines) {
        return new PolicyText(file, String.join("\n", lines) + "\n");
    }

    /** The line after the last one of what begins at {@code start}: those are further to the right. */
    private static int end(List<String> lines, int start) {
        int end = start + 1;
        for (int at = end; at < lines.size(); at++) {
            boolean isBelow = indent(lines.get(at)) > indent(lines.get(start));
            if (!isBelow && !isEmpty(lines.get(at))) {
                return end;
            }
            end = isBelow ? at + 1 : end;
        }
        return end;
    }

    private static boolean isEmpty(String line) {
        return line.isBlank() || line.strip().startsWith("#");
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    /** Returns the indentation of the first line from {@code start} on that is no comment. */
    private static int indent(List<String> lines, int start) {
        return lines.subList(start, lines.size()).stream()
                .filter(line -> !isEmpty(line))
                .findFirst()
                .map(PolicyText::indent)
                .orElse(0);
    }
}
