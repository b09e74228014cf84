package dev.interlock.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The package's file {@code copyright}, in Debian's machine-readable form. It names the licence of each library, as an
 * expression of SPDX with small {@code and}, {@code or} and {@code with}.
 */
final class CopyrightFile {

    static final String OWN = "Apache-2.0";

    private static final String LIB = "usr/lib/interlock/";
    private static final String LICENCE_FIELD = "License";

    /** The files of one paragraph and their licence, as SPDX writes it. */
    private record LicensedFiles(Pattern names, String licence) {}

    private final List<LicensedFiles> files = new ArrayList<>();
    private final Set<String> texts = new TreeSet<>();

    private CopyrightFile() {}

    /** @throws IllegalArgumentException if a licence has no text in it, or a paragraph of files no licence */
    static CopyrightFile read(Path file) throws IOException {
        CopyrightFile copyright = new CopyrightFile();
        for (String paragraph : Files.readString(file).split("\n\n+", -1)) {
            copyright.add(fields(paragraph));
        }
        for (LicensedFiles each : copyright.files) {
            for (String licence : each.licence().split(" (AND|OR) ", -1)) {
                if (!copyright.texts.contains(licence)) {
                    throw new IllegalArgumentException(
                            "`" + file + "` has no paragraph of the licence `" + licence + "`");
                }
            }
        }
        return copyright;
    }

    private void add(Map<String, String> fields) {
        Optional<String> licence = Optional.ofNullable(fields.get(LICENCE_FIELD))
                .map(text -> text.lines().findFirst().orElse(""))
                .map(name ->
                        name.replace(" and ", " AND ").replace(" or ", " OR ").replace(" with ", " WITH "));
        String named = fields.get("Files");
        if (named == null) {
            licence.ifPresent(texts::add);
            return;
        }
        String known = licence.orElseThrow(() -> new IllegalArgumentException("`" + named + "` has no `License`"));
        for (String glob : named.trim().split("\\s+", -1)) {
            files.add(new LicensedFiles(Pattern.compile(Pattern.quote(glob).replace("*", "\\E.*\\Q")), known));
        }
    }

    private static Map<String, String> fields(String paragraph) {
        Map<String, String> fields = new HashMap<>();
        String name = "";
        for (String line : paragraph.lines().toList()) {
            if (line.startsWith(" ")) {
                fields.merge(name, line.strip(), (above, more) -> above + "\n" + more);
            } else {
                name = line.substring(0, line.indexOf(':'));
                fields.put(name, line.substring(name.length() + 1).strip());
            }
        }
        return fields;
    }

    /**
     * Returns the licence of a jar that others made.
     *
     * @throws IllegalArgumentException if no paragraph is about it
     */
    String ofLibrary(String jar) {
        return of(LIB + jar);
    }

    String ofRuntime() {
        return of(LIB + "runtime/release");
    }

    /** The last paragraph that fits counts, and the one for all files is about Interlock's own. */
    private String of(String installed) {
        return files.stream()
                .filter(each -> !each.names().matcher("").matches())
                .filter(each -> each.names().matcher(installed).matches())
                .map(LicensedFiles::licence)
                .reduce((_, later) -> later)
                .orElseThrow(() -> new IllegalArgumentException("no licence is known of `" + installed
                        + "`: add it to packaging/deb/copyright, from what its authors say"));
    }
}
