import fs from 'fs';
async function load(f){ let x; class J extends Error{}; const j=new J();
 const inv=(i,...a)=>{const sp=x.R();try{return x.D.get(i)(...a)}catch(e){ if(e!==j) throw e; x.Q(sp); x.P(1,0); return 0}};
 const imp=new Proxy({}, {get:(t,k)=>k==='p'?()=>{throw j}: k==='q'?()=>0: k==='w'?()=>{}: 'abdefghiklny'.includes(k)||k==='j'?inv:()=>{throw new Error('host '+k)}});
 const m=await WebAssembly.compile(fs.readFileSync(f)); const o={}; for(const i of WebAssembly.Module.imports(m)) o[i.name]=imp[i.name];
 x=(await WebAssembly.instantiate(m,{a:o})).exports; if(x.A) x.A();
 const str=(p)=>{const b=new Uint8Array(x.z.buffer);let e=p;while(b[e])e++;return Buffer.from(b.slice(p,e)).toString()};
 const put=s=>{const b=Buffer.from(s);const p=x.C(b.length+1);new Uint8Array(x.z.buffer).set(b,p);new Uint8Array(x.z.buffer)[p+b.length]=0;return p};
 const i32=p=>new DataView(x.z.buffer).getInt32(p,true);
 return {parse(s){const q=put(s),r=x.F(q);const e=i32(r+8);const a=e?'E'+str(i32(e))+i32(e+16):str(i32(r));x.E(q);x.G(r);return a},
  scan(s){const q=put(s),r=x.M(q);const a=str(r);x.E(q);x.N(r);return a}, body(s){const q=put(s),r=x.H(q);const a=str(r);x.E(q);x.N(r);return a}};
}
const p=await load('package/wasm/libpg-query.wasm'), q=await load(process.argv[2]); let n=0,bad=0,err=0;
for(const f of process.argv.slice(3)){ let t; try{t=fs.readFileSync(f,'utf8')}catch(e){continue}
 t=t.split('\n').filter(l=>!l.startsWith('\\')).join('\n');
 for(const s of [t,...t.split(';').filter(x=>x.trim()).slice(0,1500)]) for(const fn of ['parse','scan','body']){ let a,b; try{a=p[fn](s)}catch(e){a='T'+e} try{b=q[fn](s)}catch(e){b='T'+e} n++; if(!/^\{/.test(a))err++; if(a!==b){bad++; if(bad<5)console.log(fn,s.slice(0,100),'|',a.slice(0,150),'|',b.slice(0,150));} } }
console.log('compared',n,'errors alike',err,'different',bad);
