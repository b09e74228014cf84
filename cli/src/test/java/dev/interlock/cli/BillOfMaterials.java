package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The list of the package's parts in CycloneDX 1.6: each jar with its checksum and licence, and the Java runtime. */
final class BillOfMaterials {

    private static final Pattern JAR = Pattern.compile("(.+?)-([0-9][A-Za-z0-9.+-]*)\\.jar");
    private static final String LICENSES = "licenses";
    private static final Pattern COORDINATES = Pattern.compile("META-INF/maven/[^/]+/([^/]+)/pom\\.properties");

    private BillOfMaterials() {}

    /**
     * Returns the list for the jars in {@code lib} and its directories, and for the runtime whose file {@code release}
     * is given.
     *
     * @throws IllegalArgumentException if {@code licences} has none of a part
     */
    static Json of(Path lib, Path release, CopyrightFile licences) throws IOException {
        try (Stream<Path> files = Files.walk(lib, 2)) { // the demo's lie one below
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
            Stream.Builder<Json> components = Stream.builder();
            components.add(runtime(release, licences));
            for (Path jar : jars) {
                components.add(library(jar, licences));
            }
            return Json.object()
                    .with("bomFormat", "CycloneDX")
                    .with("specVersion", "1.6")
                    .with("version", 1)
                    .with(
                            "metadata",
                            Json.object()
                                    .with(
                                            "component",
                                            Json.object()
                                                    .with("type", "application")
                                                    .with("name", "interlock")
                                                    .with("version", VersionCommand.VERSION)
                                                    .withItems(LICENSES, expression(CopyrightFile.OWN))))
                    .withItems("components", components.build());
        }
    }

    private static Json runtime(Path release, CopyrightFile licences) throws IOException {
        Properties said = new Properties();
        try (InputStream in = Files.newInputStream(release)) {
            said.load(in);
        }
        return Json.object()
                .with("type", "platform")
                .with("name", "OpenJDK")
                .with(
                        "version",
                        said.getProperty("JAVA_RUNTIME_VERSION", said.getProperty("JAVA_VERSION", ""))
                                .replace("\"", ""))
                .withItems(LICENSES, expression(licences.ofRuntime()));
    }

    private static Stream<Json> expression(String licence) {
        return Stream.of(Json.object().with("expression", licence));
    }

    private static Json library(Path jar, CopyrightFile licences) throws IOException {
        String file = jar.getFileName().toString();
        Matcher named = JAR.matcher(file);
        String name = named.matches() ? named.group(1) : file.replace(".jar", "");
        Optional<String> group = group(jar, name);
        String version = named.matches() ? named.group(2) : VersionCommand.VERSION;
        return Json.object()
                .with("type", "library")
                .withOptional("group", group)
                .with("name", name)
                .with("version", version)
                .withOptional("purl", group.map(owner -> "pkg:maven/" + owner + "/" + name + "@" + version))
                .withItems(LICENSES, expression(isOwn(file) ? CopyrightFile.OWN : licences.ofLibrary(file)))
                .withItems(
                        "hashes",
                        Stream.of(Json.object()
                                .with("alg", "SHA-256")
                                .with(
                                        "content",
                                        Bytes.of(Files.readAllBytes(jar)).sha256())));
    }

    private static boolean isOwn(String file) {
        return file.startsWith("interlock-"); // no other one is listed in packaging/libraries.sha256
    }

    /** Returns the group that the jar itself names. A jar that holds others' as well names theirs too. */
    private static Optional<String> group(Path jar, String name) throws IOException {
        try (JarFile open = new JarFile(jar.toFile())) {
            var own = open.stream()
                    .filter(entry -> {
                        Matcher found = COORDINATES.matcher(entry.getName());
                        return found.matches() && found.group(1).equals(name);
                    })
                    .findFirst();
            if (own.isEmpty()) {
                return Optional.empty();
            }
            Properties coordinates = new Properties();
            try (InputStream in = open.getInputStream(own.get())) {
                coordinates.load(in);
            }
            return Optional.ofNullable(coordinates.getProperty("groupId"));
        }
    }
}
