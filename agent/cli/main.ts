/** Both programs in one file, for the package: the first word says which. */
const [name] = process.argv.splice(2, 1);
if (name === "curtailctl") await import("./curtailctl.ts");
else await import("./curtaild.ts");
