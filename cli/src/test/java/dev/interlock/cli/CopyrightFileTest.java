package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Json;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the licences that the package names against what the libraries say of themselves. */
class CopyrightFileTest {

    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final Path COPYRIGHT = CHECKOUT.resolve("packaging/deb/copyright");

    /**
     * How authors name a licence, in a pom, in the manifest, or in the licence itself. The first that is found counts.
     */
    private static final Map<Pattern, String> NAMES = names();

    private static final Pattern LICENCE_IN_POM =
            Pattern.compile("<license>\\s*(?:<!--.*?-->\\s*)?<name>([^<]*)</name>", Pattern.DOTALL);
    private static final Pattern POM = Pattern.compile("META-INF/maven/[^/]+/([^/]+)/pom\\.xml");
    private static final Pattern LICENCE_FILE =
            Pattern.compile("(META-INF/)?([A-Za-z-]*LICENSE|COPYING)(\\.txt|\\.md)?");

    @TempDir
    private Path directory = Path.of("");

    private static Map<Pattern, String> names() {
        Map<Pattern, String> names = new LinkedHashMap<>();
        names.put(Pattern.compile("(?is)(BSD-2-Clause|.*\\(not Apache-2\\.0\\).*)"), "BSD-2-Clause");
        names.put(Pattern.compile("(?is).*\\bapache.*2(\\.0)?\\b.*"), "Apache-2.0");
        names.put(Pattern.compile("(?is).*(epl-2|eclipse public license).*"), "EPL-2.0");
        names.put(Pattern.compile("MIT-0"), "MIT-0");
        names.put(
                Pattern.compile("(?is)(MIT|.*\\bMIT license.*|.*/mit|.*Permission\\s+is\\s+hereby\\s+granted.*)"),
                "MIT");
        names.put(Pattern.compile("(?is).*(BSD-3-Clause|Neither the name of).*"), "BSD-3-Clause");
        names.put(Pattern.compile("(?is).*(BSD-license|Redistribution and use).*"), "BSD-2-Clause");
        names.put(Pattern.compile("(?is)CC0.*"), "CC0-1.0");
        names.put(Pattern.compile("(?is)Unlicense"), "Unlicense");
        names.put(Pattern.compile("Bouncy Castle Licence"), "MIT");
        return names;
    }

    private static List<String> listed() throws IOException {
        return Files.readAllLines(CHECKOUT.resolve("packaging/libraries.sha256")).stream()
                .map(line -> line.substring(line.indexOf("  ") + 2))
                .toList();
    }

    /** Returns the licences that a jar names itself. */
    private static Set<String> said(Path jar) throws IOException {
        List<String> statements = new ArrayList<>();
        try (JarFile open = new JarFile(jar.toFile())) {
            if (open.getManifest() != null) {
                String manifest = open.getManifest().getMainAttributes().getValue("Bundle-License");
                Stream.ofNullable(manifest)
                        .flatMap(all -> Stream.of(all.split(",")))
                        .forEach(statements::add);
            }
            for (var entry : open.stream().toList()) {
                Matcher pom = POM.matcher(entry.getName());
                boolean own = pom.matches() && jar.getFileName().toString().startsWith(pom.group(1) + "-");
                if (!own && !LICENCE_FILE.matcher(entry.getName()).matches()) {
                    continue;
                }
                String text;
                try (InputStream in = open.getInputStream(entry)) {
                    text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
                if (own) {
                    LICENCE_IN_POM.matcher(text).results().forEach(found -> statements.add(found.group(1)));
                } else {
                    statements.add(text);
                }
            }
        }
        return statements.stream()
                .map(String::strip)
                .map(statement -> NAMES.entrySet().stream()
                        .filter(name -> name.getKey().matcher(statement).matches())
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse("not understood: " + statement))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyListedLibraryHasALicence() throws IOException {
        CopyrightFile copyright = CopyrightFile.read(COPYRIGHT);
        assertThat(listed())
                .hasSizeGreaterThan(60)
                .allSatisfy(jar ->
                        assertThat(copyright.ofLibrary(jar)).matches("[A-Za-z0-9.-]+( (AND|OR) [A-Za-z0-9.-]+)*"));
        assertThat(copyright.ofRuntime()).isEqualTo("GPL-2.0-only WITH Classpath-exception-2.0");
    }

    @Test
    void noLibrarySaysAnotherLicenceOfItself() throws IOException {
        CopyrightFile copyright = CopyrightFile.read(COPYRIGHT);
        Set<String> listed = Set.copyOf(listed());
        List<Path> jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(jar -> listed.contains(jar.getFileName().toString()))
                .toList();
        assertThat(jars).hasSizeGreaterThan(60);
        for (Path jar : jars) {
            String name = jar.getFileName().toString();
            assertThat(copyright.ofLibrary(name).split(" (AND|OR) ")).as(name).containsAll(said(jar));
        }
    }

    @Test
    void aListOfPartsIsNotMadeWithALibraryOfUnknownLicence() throws IOException {
        CopyrightFile copyright = CopyrightFile.read(COPYRIGHT);
        Path release = Files.writeString(directory.resolve("release"), "JAVA_RUNTIME_VERSION=\"25.0.1+8\"\n");
        Path jar = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(each -> each.getFileName().toString().startsWith("ulid-creator-"))
                .findFirst()
                .orElseThrow();
        Files.copy(jar, directory.resolve("ulid-creator-5.2.4.jar"));
        Json.Members list = (Json.Members) BillOfMaterials.of(directory, release, copyright);
        assertThat(list.objects("components"))
                .extracting(part -> part.text("name") + " "
                        + part.objects("licenses").getFirst().text("expression"))
                .containsExactly("OpenJDK GPL-2.0-only WITH Classpath-exception-2.0", "ulid-creator MIT");
        Files.move(directory.resolve("ulid-creator-5.2.4.jar"), directory.resolve("unheard-of-1.0.jar"));
        assertThatThrownBy(() -> BillOfMaterials.of(directory, release, copyright))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unheard-of-1.0.jar", "packaging/deb/copyright");
    }

    @Test
    void theLastParagraphThatFitsCountsAndEachLicenceNeedsItsText() throws IOException {
        Path file = directory.resolve("copyright");
        Files.writeString(file, """
                Format: x

                Files: *
                License: Apache-2.0

                Files: usr/lib/interlock/a-*.jar
                 usr/lib/interlock/b-*.jar
                License: MIT

                Files: usr/lib/interlock/a-core-*.jar
                License: MIT or Apache-2.0

                License: MIT
                 Text.

                License: Apache-2.0
                 Text.
                """);
        CopyrightFile copyright = CopyrightFile.read(file);
        assertThat(copyright.ofLibrary("a-core-1.jar")).isEqualTo("MIT OR Apache-2.0");
        assertThat(copyright.ofLibrary("b-1.jar")).isEqualTo("MIT");
        assertThatThrownBy(() -> copyright.ofLibrary("c-1.jar")).hasMessageContaining("no licence is known");
        Files.writeString(file, Files.readString(file).replace("License: MIT\n Text.", "License: ISC\n Text."));
        assertThatThrownBy(() -> CopyrightFile.read(file)).hasMessageContaining("no paragraph of the licence `MIT`");
    }
}
