package dev.interlock.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.reflect.AccessFlag;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/**
 * Finds the tests of a module that can start a process, by the calls of the test, of its fixtures, and of the program.
 * Such a test takes seconds and needs programs that a machine may lack. It therefore has the tag {@value #TAG}.
 *
 * <p>A call of an interface leads to those of its classes that the test, or the code that it calls, has instances of.
 * An override of a library's method counts as called as soon as an instance exists; so does the body of a lambda.
 */
public final class ProcessTags {

    /** The tag of a test that starts processes. */
    public static final String TAG = "process";

    private static final String OWN = "dev/interlock/";
    private static final Set<Method> STARTS =
            Set.of(new Method("java/lang/ProcessBuilder", "start"), new Method("java/lang/Runtime", "exec"));

    /**
     * Methods that start a process only where one is configured. Tests that configure one start others as well, or call
     * the method that starts it.
     */
    private static final Set<String> ONLY_IF_SET_UP = Set.of(
            "FetchedSecretCache.fetch", // a vault whose credential a program fetches
            "ConsoleCommand.browse"); // at a terminal

    private final ClassLoader loader;
    private final Map<String, Optional<Type>> types = new HashMap<>();

    private ProcessTags(ClassLoader loader) {
        this.loader = loader;
    }

    /** A method of a class; those that differ in parameters alone count as one. */
    private record Method(String owner, String name) {
        @Override
        public String toString() {
            return owner.substring(owner.lastIndexOf('/') + 1) + "." + name;
        }
    }

    /** The methods that a method calls, and the classes of which it makes instances. */
    private record Body(Set<Method> calls, Set<String> made) {}

    /** A class of ours: its superclasses and interfaces, and its methods by name. */
    private record Type(String name, List<String> above, Map<String, Body> bodies, boolean isAbstract) {}

    /**
     * Returns the tests beside {@code one}, in its module, that start a process and lack the tag: by name, the calls
     * that lead to it.
     */
    public static Map<String, String> untagged(Class<?> one) {
        Map<String, String> untagged = new TreeMap<>();
        reaching(one).forEach((test, way) -> {
            if (!isTagged(one, test)) {
                untagged.put(test, way);
            }
        });
        return untagged;
    }

    /**
     * Returns all tests beside {@code one}, in its module, that start a process: by name, the calls that lead to it.
     */
    static Map<String, String> reaching(Class<?> one) {
        ProcessTags all = new ProcessTags(one.getClassLoader());
        Map<String, String> reaching = new TreeMap<>();
        for (String test : tests(one)) {
            all.way(test).ifPresent(way -> reaching.put(test.replace('/', '.'), way));
        }
        return reaching;
    }

    private static List<String> tests(Class<?> one) {
        try {
            Path root = Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
            try (Stream<Path> files = Files.walk(root)) {
                return files.map(file -> root.relativize(file).toString())
                        .filter(name -> name.endsWith("Test.class"))
                        .map(name -> name.substring(0, name.length() - ".class".length()))
                        .sorted()
                        .toList();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isTagged(Class<?> one, String test) {
        try {
            return Stream.of(Class.forName(test, false, one.getClassLoader()).getAnnotationsByType(Tag.class))
                    .anyMatch(tag -> tag.value().equals(TAG));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private Optional<Type> type(String name) {
        if (!name.startsWith(OWN)) {
            return Optional.empty();
        }
        Optional<Type> known = types.get(name);
        if (known == null) {
            known = read(name);
            types.put(name, known);
        }
        return known;
    }

    private Optional<Type> read(String name) {
        try (InputStream in = loader.getResourceAsStream(name + ".class")) {
            if (in == null) {
                return Optional.empty();
            }
            ClassModel model = ClassFile.of().parse(in.readAllBytes());
            List<String> above = new ArrayList<>();
            model.superclass().ifPresent(entry -> above.add(entry.asInternalName()));
            model.interfaces().forEach(entry -> above.add(entry.asInternalName()));
            Map<String, Body> bodies = new HashMap<>();
            for (MethodModel method : model.methods()) {
                Body body = bodies.computeIfAbsent(
                        method.methodName().stringValue(), _ -> new Body(new HashSet<>(), new HashSet<>()));
                method.code()
                        .ifPresent(code -> code.forEach(element -> {
                            switch (element) {
                                case InvokeInstruction call ->
                                    body.calls()
                                            .add(new Method(
                                                    call.owner().asInternalName(),
                                                    call.name().stringValue()));
                                case InvokeDynamicInstruction made -> add(body, made);
                                case NewObjectInstruction made ->
                                    body.made().add(made.className().asInternalName());
                                default -> {}
                            }
                        }));
            }
            return Optional.of(new Type(name, above, bodies, model.flags().has(AccessFlag.ABSTRACT)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void add(Body body, InvokeDynamicInstruction made) {
        for (LoadableConstantEntry argument : made.invokedynamic().bootstrap().arguments()) {
            if (argument instanceof MethodHandleEntry handle) {
                MemberRefEntry member = handle.reference();
                Method method = new Method(
                        member.owner().asInternalName(), member.name().stringValue());
                body.calls().add(method);
                if (method.name().equals("<init>")) {
                    body.made().add(method.owner());
                }
            }
        }
    }

    /** Follows all calls from one test. */
    private final class Walk {

        private final Map<Method, Method> reached = new HashMap<>();
        private final Deque<Method> open = new ArrayDeque<>();

        /** The classes with instances, by each of their superclasses and interfaces. */
        private final Map<String, Set<String>> instances = new HashMap<>();

        /** Calls of methods that may be overridden: the method's name, by the class or interface of the call. */
        private final Map<String, Set<String>> called = new HashMap<>();

        private static final Method TEST = new Method("", "");

        Optional<String> from(String test) {
            for (String each = test; each != null && each.startsWith(OWN); ) {
                make(each, TEST);
                Optional<Type> type = type(each);
                String owner = each;
                type.ifPresent(known -> known.bodies().keySet().forEach(name -> reach(new Method(owner, name), TEST)));
                each = type.map(known -> known.above().getFirst()).orElse(null);
            }
            while (!open.isEmpty()) {
                Method next = open.pop();
                if (STARTS.contains(next)) {
                    return Optional.of(way(next));
                }
                follow(next);
            }
            return Optional.empty();
        }

        private String way(Method start) {
            Deque<String> way = new ArrayDeque<>();
            for (Method each = start; !each.equals(TEST); each = reached.get(each)) {
                way.push(each.toString());
            }
            return String.join(" > ", way);
        }

        private void reach(Method method, Method from) {
            if (reached.putIfAbsent(method, from) == null) {
                open.add(method);
            }
        }

        private void follow(Method method) {
            Optional<Type> type = type(method.owner());
            if (type.isEmpty() || ONLY_IF_SET_UP.contains(method.toString())) {
                return;
            }
            if (called.computeIfAbsent(method.owner(), _ -> new HashSet<>()).add(method.name())) {
                for (String each : instances.getOrDefault(method.owner(), Set.of())) {
                    reach(new Method(each, method.name()), method);
                }
            }
            Body body = type.get().bodies().get(method.name());
            if (body == null) {
                type.get().above().forEach(above -> reach(new Method(above, method.name()), method));
                return;
            }
            reach(new Method(method.owner(), "<clinit>"), method);
            body.made().forEach(each -> make(each, method));
            body.calls().forEach(call -> reach(call, method));
        }

        private void make(String name, Method from) {
            if (!name.startsWith(OWN)
                    || !instances.computeIfAbsent(name, _ -> new HashSet<>()).add(name)) {
                return;
            }
            for (String above : above(name)) {
                instances.computeIfAbsent(above, _ -> new HashSet<>()).add(name);
                for (String each : called.getOrDefault(above, Set.of())) {
                    reach(new Method(name, each), from);
                }
                if (!above.startsWith(OWN)) {
                    library(above).forEach(each -> reach(new Method(name, each), from));
                }
            }
        }
    }

    private final Map<String, Set<String>> aboves = new HashMap<>();

    private Set<String> above(String name) {
        Set<String> known = aboves.get(name);
        if (known == null) {
            Set<String> all = new HashSet<>();
            all.add(name);
            type(name).ifPresent(type -> type.above().forEach(each -> all.addAll(above(each))));
            aboves.put(name, all);
            known = all;
        }
        return known;
    }

    private final Map<String, Set<String>> libraries = new HashMap<>();

    /** The methods of a class of a library that one of ours may override. */
    private Set<String> library(String name) {
        return libraries.computeIfAbsent(name, _ -> {
            Set<String> methods = new HashSet<>();
            if (!name.equals("java/lang/Object")) {
                try {
                    for (java.lang.reflect.Method each :
                            Class.forName(name.replace('/', '.'), false, loader).getMethods()) {
                        methods.add(each.getName());
                    }
                } catch (ClassNotFoundException e) {
                    throw new IllegalStateException(e);
                }
            }
            return methods;
        });
    }

    private Optional<String> way(String test) {
        return new Walk().from(test);
    }
}
