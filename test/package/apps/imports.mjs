// Prints, for each of the given names, if it can be imported, and why not.
const outcomes = {};
for (const name of process.argv.slice(2)) {
  outcomes[name] = await import(name).then(
    () => 'imported',
    (error) => String(error),
  );
}
console.log(JSON.stringify(outcomes));
