package dev.interlock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A fuzz target: a method that Jazzer calls with any input.
 *
 * @param module the directory of its module
 * @param className the full name of its class
 */
record FuzzTarget(Path module, String className, String method) {

    /** The directory of a checkout, seen from that of each of its modules. */
    static final Path CHECKOUT = Path.of("..");

    private static final Path SOURCES = Path.of("src/test/java");
    static final Path RESOURCES = Path.of("src/test/resources");

    /** Behind the name of a class, in the name of the directory where Jazzer looks for its seeds. */
    static final String SEEDS = "Inputs";

    private static final String ANNOTATION = "@FuzzTest";
    private static final Pattern DECLARATION =
            Pattern.compile(ANNOTATION + "(?:\\([^)]*\\))?\\s+(?:@\\S+\\s+)*void (\\w+)\\(");

    /** Returns every target in {@code checkout}. */
    static List<FuzzTarget> in(Path checkout) throws IOException {
        List<FuzzTarget> targets = new ArrayList<>();
        for (Path module : modules(checkout)) {
            Path sources = module.resolve(SOURCES);
            for (Path file : files(sources)) {
                if (file.getFileName().toString().endsWith("FuzzTest.java")) {
                    String path = sources.relativize(file).toString();
                    targets.addAll(of(
                            module,
                            path.substring(0, path.length() - ".java".length()).replace('/', '.'),
                            Files.readString(file)));
                }
            }
        }
        return targets;
    }

    private static List<FuzzTarget> of(Path module, String className, String source) {
        List<FuzzTarget> targets = new ArrayList<>();
        Matcher declaration = DECLARATION.matcher(source);
        while (declaration.find()) {
            targets.add(new FuzzTarget(module, className, declaration.group(1)));
        }
        if (source.split(ANNOTATION + "\\b", -1).length - 1 != targets.size()) {
            throw new IllegalStateException(className + " has a target that is written in another way");
        }
        return targets;
    }

    static List<Path> modules(Path checkout) throws IOException {
        try (Stream<Path> directories = Files.list(checkout)) {
            return directories
                    .filter(directory -> Files.exists(directory.resolve("pom.xml")))
                    .sorted()
                    .toList();
        }
    }

    static List<Path> files(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    String simpleClassName() {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    /** Returns the only directory of which Jazzer reads the seeds, both when it fuzzes and when it replays them. */
    Path seeds() {
        return module.resolve(RESOURCES)
                .resolve(className.replace('.', '/') + SEEDS)
                .resolve(method);
    }

    /** Returns whether {@code name} is that of its class, or of its class and method. */
    boolean isNamed(String name) {
        return name.equals(simpleClassName()) || name.equals(toString());
    }

    @Override
    public String toString() {
        return simpleClassName() + "#" + method;
    }
}
